import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'out/', '.cache/', '.vscode-test/', 'node_modules/', '**/*.mjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // The core knows no face: whatever VS Code, a tree or a terminal needs is told through its events.
    files: ['src/updater/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'vscode', message: 'src/updater is the core: it knows no VS Code.' }],
          patterns: [
            {
              group: ['**/commands/*', '**/tree/*', '**/webview/*', '**/extension', '**/cli'],
              message: 'src/updater is the core: it knows no face.',
            },
          ],
        },
      ],
    },
  },
  {
    // A face never calls another face.
    files: ['src/tree/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['**/commands/*', '**/webview/*'] }] },
  },
  {
    files: ['src/cli.ts', 'src/cli/**/*.ts', 'demo/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
);
