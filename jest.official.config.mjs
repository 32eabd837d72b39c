import config from './jest.config.mjs'

/** The tests that run beside the real official PDS, which `npm run test:official` installs. */
export default {
  ...config,
  testRegex: 'test/official/.*\\.test\\.ts$',
  testPathIgnorePatterns: ['/node_modules/'],
}
