import { expect, test } from 'vitest';
import { chooseRepository } from '../../src/cli/repository-choice.js';

const environment = { VARVE_REPOSITORY: '/named', XDG_DATA_HOME: '/data' };

test.each([
  ['the option first', '/given', environment, '/given', false],
  ['then the variable', undefined, environment, '/named', false],
  [
    'then the data home',
    undefined,
    { VARVE_REPOSITORY: '', XDG_DATA_HOME: '/data' },
    '/data/varve',
    true,
  ],
  [
    'a relative data home does not count',
    undefined,
    { XDG_DATA_HOME: 'data' },
    '/me/.local/share/varve',
    true,
  ],
  ['else below the home', undefined, {}, '/me/.local/share/varve', true],
])('%s', (_, option, env, path, isDefault) => {
  expect(chooseRepository(option, env, '/me')).toEqual({ path, isDefault });
});
