/**
 * What the compiler does not see: promises that nobody waits for, values of unknown type, packages imported where they
 * do not belong. Which module may import which is one table, in test/architecture.test.ts.
 */
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Packages that one place alone may use; everybody else goes through that place. */
const ONE_WAY_IN = [
  {
    group: ['typeorm', 'typeorm/*', '@nestjs/typeorm'],
    message: 'SQL is spoken in modules/database, *.entities.ts, projections and migrations.',
  },
  { group: ['better-sqlite3'], message: 'The driver is opened in modules/database.' },
  { group: ['secp256k1', 'secp256k1/*'], message: 'K-256 is in repo-engine/keys.ts.' },
]
const except = (...packages) => ({
  'no-restricted-imports': ['error', { patterns: ONE_WAY_IN.filter(({ group }) => !packages.includes(group[0])) }],
})

export default defineConfig(
  // types.ts is written by scripts/lexicons.mjs.
  globalIgnores(['dist/', 'data/', 'coverage/', 'test/fixtures/', 'src/modules/lexicon/types.ts']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-constant-binary-expression': 'error',
      'no-fallthrough': 'error',
      'no-loss-of-precision': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unreachable-loop': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-assignment': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['**/*.mjs'], rules: { 'no-unused-vars': 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `list[i]!` says that the index is within bounds, which the compiler takes for granted.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // Many functions are async for the sake of their interface.
      '@typescript-eslint/require-await': 'off',
      // Takes every function with a declared `this` for one that lost it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['src/**/*.ts'], rules: except() },
  { files: ['src/modules/database/**/*.ts'], rules: except('typeorm', 'better-sqlite3') },
  { files: ['src/projections/**/*.ts', 'src/**/*.entities.ts'], rules: except('typeorm') },
  { files: ['src/repo-engine/keys.ts'], rules: except('secp256k1') },
  {
    // Tests look at the JSON of answers, and hand over what the types forbid.
    files: ['test/**/*.ts'],
    rules: Object.fromEntries(
      [
        'explicit-any',
        'unsafe-argument',
        'unsafe-assignment',
        'unsafe-call',
        'unsafe-member-access',
        'unsafe-return',
      ].map((rule) => [`@typescript-eslint/no-${rule}`, 'off']),
    ),
  },
)
