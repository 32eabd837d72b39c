import { Config, ConfigError } from '../../../src/modules/config/config.js'
import { environmentNames } from '../../../src/modules/config/environment.js'

const HEX = 'a1'.repeat(32)
const DID_KEY = 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme'
const from = (env: Record<string, string | undefined>): Config => Config.fromEnv(env)

describe('Config', () => {
  it('needs nothing to be set, and means localhost then', () => {
    expect(from({})).toMatchObject({
      port: 2583,
      hostname: 'localhost',
      devMode: true,
      dataDirectory: './data',
      handleDomains: ['.test'],
      plcUrl: null,
      plcRotationKeyHex: null,
      recoveryDidKey: null,
      jwtSecret: null,
      adminPassword: null,
      signingKeyEncryptionKeyHex: null,
      inviteRequired: false,
      acceptingImports: true,
      maxImportBytes: 1024 ** 3,
      blobCacheBytes: 1024 ** 3,
      contactEmail: null,
      termsOfServiceUrl: null,
      privacyPolicyUrl: null,
      unknownNames: [],
      serviceDid: 'did:web:localhost',
    })
    expect(from({}).publicUrl()).toBe('http://localhost:2583')
    expect(from({}).publicUrl(1234)).toBe('http://localhost:1234')
  })

  it('with a host name means the network', () => {
    const config = from({ PDS_HOSTNAME: 'pds.example.com' })
    expect(config).toMatchObject({
      devMode: false,
      handleDomains: ['.pds.example.com'],
      plcUrl: 'https://plc.directory',
      inviteRequired: true,
      serviceDid: 'did:web:pds.example.com',
    })
    expect(config.publicUrl(1234)).toBe('https://pds.example.com')
  })

  it.each([
    ['PDS_PORT', '0', 'port', 0],
    ['PDS_PORT', '65535', 'port', 65535],
    ['PORT', '8080', 'port', 8080],
    ['PDS_HOSTNAME', 'a.example', 'hostname', 'a.example'],
    ['PDS_DATA_DIRECTORY', '/data', 'dataDirectory', '/data'],
    ['PDS_DEV_MODE', 'false', 'devMode', false],
    ['PDS_DEV_MODE', '0', 'devMode', false],
    ['PDS_DEV_MODE', '1', 'devMode', true],
    ['PDS_DEV_MODE', 'true', 'devMode', true],
    ['PDS_DID_PLC_URL', 'http://localhost:2582/', 'plcUrl', 'http://localhost:2582'],
    ['PDS_DID_PLC_URL', 'https://plc.example', 'plcUrl', 'https://plc.example'],
    ['PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX', HEX, 'plcRotationKeyHex', HEX],
    ['PDS_RECOVERY_DID_KEY', DID_KEY, 'recoveryDidKey', DID_KEY],
    ['PDS_JWT_SECRET', 'sixteen letters!', 'jwtSecret', 'sixteen letters!'],
    ['PDS_ADMIN_PASSWORD', 'eight ch', 'adminPassword', 'eight ch'],
    ['PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX', HEX.toUpperCase(), 'signingKeyEncryptionKeyHex', HEX.toUpperCase()],
    ['PDS_SERVICE_HANDLE_DOMAINS', '.A.example, .b.example', 'handleDomains', ['.a.example', '.b.example']],
    ['PDS_INVITE_REQUIRED', 'true', 'inviteRequired', true],
    ['PDS_ACCEPTING_REPO_IMPORTS', 'false', 'acceptingImports', false],
    ['PDS_MAX_REPO_IMPORT_SIZE', '1', 'maxImportBytes', 1],
    ['PDS_BLOB_CACHE_SIZE', '0', 'blobCacheBytes', 0],
    ['PDS_CONTACT_EMAIL_ADDRESS', 'a@example.com', 'contactEmail', 'a@example.com'],
    ['PDS_TERMS_OF_SERVICE_URL', 'https://example.com/terms', 'termsOfServiceUrl', 'https://example.com/terms'],
    ['PDS_PRIVACY_POLICY_URL', 'https://example.com/privacy', 'privacyPolicyUrl', 'https://example.com/privacy'],
    ['PDS_VERSION', '9.9.9', 'version', '9.9.9'],
    [
      'PDS_CRAWLERS',
      'https://a.example/, http://localhost:2584',
      'crawlers',
      ['https://a.example', 'http://localhost:2584'],
    ],
    ['PDS_CRAWL_HOSTS', 'A.example, localhost:2584,', 'crawlHosts', ['a.example', 'localhost:2584']],
    ['PDS_CRAWL_HOSTS', '*', 'crawlHosts', ['*']],
  ])('%s=%s', (name, value, property, expected) => {
    expect(from({ [name]: value })).toMatchObject({ [property]: expected, unknownNames: [] })
  })

  it.each([
    ['PDS_PORT', ['65536', '-1', 'http', '1e3', '0x10', '80.5', ' 80', 'NaN', '99999999999999999999']],
    ['PORT', ['65536', 'socket']],
    [
      'PDS_HOSTNAME',
      ['https://pds.example', 'pds.example:443', 'PDS.example', 'a b', 'pds/example', `${'a'.repeat(254)}`],
    ],
    ['PDS_DEV_MODE', ['yes', 'TRUE', '2', 'on']],
    ['PDS_DID_PLC_URL', ['plc.directory', 'ftp://plc.directory', 'https://', 'javascript:1']],
    [
      'PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX',
      ['a1', `${HEX}00`, HEX.replace('a', 'g'), `0x${HEX.slice(2)}`, `0h${HEX.slice(2)}`],
    ],
    ['PDS_RECOVERY_DID_KEY', ['did:plc:x', 'zQ3sh', 'did:key:z', 'did:key:zabc', DID_KEY.slice(0, -2)]],
    ['PDS_JWT_SECRET', ['short']],
    ['PDS_ADMIN_PASSWORD', ['short', 'password', 'Password1!', 'admin-pass', 'changeme', '12345678', 'abababab']],
    [
      'PDS_TRUSTED_PROXIES',
      ['everybody', '10.0.0.0/33', '10.0.0', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', 'loopback/8'],
    ],
    ['PDS_RATE_LIMIT_BYPASS_IPS', ['localhost', '10.0.0.1:80', '*']],
    ['PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX', ['a1', 'z'.repeat(64), `0x${HEX.slice(2)}`]],
    ['PDS_SERVICE_HANDLE_DOMAINS', ['example.com', '.example.com,', '.', '.a..b', 'https://example.com']],
    ['PDS_INVITE_REQUIRED', ['maybe']],
    ['PDS_ACCEPTING_REPO_IMPORTS', ['maybe']],
    ['PDS_MAX_REPO_IMPORT_SIZE', ['0', '-5', '1GB', '1.5']],
    ['PDS_CRAWLERS', ['bsky.network', 'wss://bsky.network', 'https://']],
    ['PDS_CRAWL_HOSTS', ['https://a.example', 'a.example/', '*.example', 'a b', 'a@b.example']],
    ['PDS_BLOB_CACHE_SIZE', ['-1', '1GB', '1.5']],
    ['PDS_TERMS_OF_SERVICE_URL', ['example', 'javascript:alert(1)']],
    ['PDS_PRIVACY_POLICY_URL', ['example']],
  ])('%s is refused by name when it cannot be used', (name, values) => {
    for (const value of values) {
      const attempt = (): Config => from({ [name]: value })
      expect(attempt).toThrow(ConfigError)
      expect(attempt).toThrow(name)
    }
  })

  it('never repeats a secret that it refuses', () => {
    for (const name of [
      'PDS_JWT_SECRET',
      'PDS_ADMIN_PASSWORD',
      'PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX',
      'PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX',
    ])
      expect(() => from({ [name]: 'hunter2' })).not.toThrow(/hunter2/)
  })

  it('takes an empty value for none', () => {
    const empty = Object.fromEntries(environmentNames().map((name) => [name, '']))
    expect({ ...from({ ...empty, PDS_NO_SUCH: '' }) }).toEqual({ ...from({}) })
  })

  it('reads PDS_PORT before PORT', () => {
    expect(from({ PDS_PORT: '1', PORT: '2' }).port).toBe(1)
  })

  it('says which PDS_ names it does not know, and minds no others', () => {
    expect(from({ PDS_NO_SUCH: '1', PDS_port: '1', HOME: '/', PDSX: '1' }).unknownNames).toEqual([
      'PDS_NO_SUCH',
      'PDS_port',
    ])
  })
})
