import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NO_DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' };
const NO_ENUM = { selector: 'TSEnumDeclaration', message: 'Use a string union or an `as const` table.' };
const NO_NAMESPACE_REEXPORT = { selector: 'ExportAllDeclaration', message: 'List the exports by name.' };
const NO_BARE_ERROR = {
  selector: "ThrowStatement > NewExpression[callee.name='Error']",
  message: 'Throw one of the classes of format/errors.ts.',
};

const CONFIGS = ['*.config.ts', '*.config.js', '.dependency-cruiser.cjs'];

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'bench/out/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,js,mjs,cjs}'],
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-console': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, NO_ENUM, NO_NAMESPACE_REEXPORT],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // it does not see that a subclass narrows the type of a parameter
      '@typescript-eslint/no-useless-constructor': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: false, skipComments: false }],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, NO_ENUM, NO_NAMESPACE_REEXPORT, NO_BARE_ERROR],
    },
  },
  { files: CONFIGS, rules: { 'no-restricted-syntax': 'off' } },
);
