/**
 * What the compiler does not see: promises that nobody waits for, values of any type, packages where they do not belong.
 * Which module may import which is one table, in test/architecture.test.ts.
 */
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Packages that one place alone imports; everyone else goes through it. */
const ONE_PLACE = {
  typeorm: 'SQL is spoken in modules/database, *.entities.ts, projections and migrations',
  'better-sqlite3': 'the driver is opened in modules/database',
  secp256k1: 'keys are the matter of repo-engine/keys.ts',
}

const refusing = (...packages) => packages.map((name) => ({ group: [name, `${name}/*`], message: ONE_PLACE[name] }))
const imports = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })

export default defineConfig(
  // types.ts is written by scripts/lexicons.mjs.
  globalIgnores(['dist/', 'console/dist/', 'data/', 'coverage/', 'test/fixtures/', 'src/modules/lexicon/types.ts']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-constant-binary-expression': 'error',
      'no-fallthrough': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-throw-literal': 'error',
      'no-unreachable-loop': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-assignment': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['**/*.mjs'], rules: { 'no-unused-vars': 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowBoolean: true, allowNullish: true, allowNumber: true },
      ],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      // `list[i]!` says that `i` is within bounds, which the compiler takes for granted.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // What was caught may be thrown again, whatever it is; `no-throw-literal` is on.
      '@typescript-eslint/only-throw-error': 'off',
      // Functions are async for the sake of their interface, too.
      '@typescript-eslint/require-await': 'off',
      // Takes every function with a declared `this` for one that lost it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['src/**'], rules: imports(refusing('typeorm', 'better-sqlite3', 'secp256k1')) },
  { files: ['src/modules/database/**'], rules: imports(refusing('secp256k1')) },
  { files: ['src/projections/**', 'src/**/*.entities.ts'], rules: imports(refusing('better-sqlite3', 'secp256k1')) },
  {
    files: ['src/repo-engine/**'],
    ignores: ['src/repo-engine/keys.ts'],
    rules: imports([
      {
        regex: '^(?!\\.|multiformats/|@ipld/|node:crypto$)',
        message: 'the engine stands on multiformats and @ipld alone',
      },
    ]),
  },
  { files: ['src/repo-engine/keys.ts'], rules: imports(refusing('typeorm', 'better-sqlite3')) },
  {
    // Tests look into the JSON of answers, print what they find, and hand over what the types forbid.
    files: ['test/**'],
    rules: Object.fromEntries(
      [
        ...['no-explicit-any', 'no-unsafe-argument', 'no-unsafe-assignment', 'no-unsafe-call'],
        ...['no-unsafe-function-type', 'no-unsafe-member-access', 'no-unsafe-return', 'restrict-template-expressions'],
      ].map((rule) => [`@typescript-eslint/${rule}`, 'off']),
    ),
  },
)
