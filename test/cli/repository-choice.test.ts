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

test.each([
  'ssh://host/path',
  'user@host:path',
  'user@host:/path',
  'host:path',
  'host::module',
  '[::1]:/path',
  'sftp:user@host:/path',
  's3:bucket/prefix',
  's3://bucket/prefix',
  'rclone:remote:path',
  'https://host:8080/name',
  'file:///path',
  'C:\\path',
  'a:b',
])('%s is an address, whether given as option or variable', (address) => {
  const refusal = expect.objectContaining({ code: 'REPOSITORY_REMOTE' }) as Error;
  expect(() => chooseRepository(address, {}, '/me')).toThrow(refusal);
  expect(() => chooseRepository(undefined, { VARVE_REPOSITORY: address }, '/me')).toThrow(refusal);
});

test.each(['./a:b', '/a:b', '../user@host:/path', 'a/b:c', '/mnt/host:path', 'plain', '.'])(
  '%s is a path of this machine',
  (path) => {
    expect(chooseRepository(path, {}, '/me')).toEqual({ path, isDefault: false });
  },
);
