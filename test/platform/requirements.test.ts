import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MIN_NODE, missingRequirement } from '../../src/platform/requirements.js';

describe('a machine', () => {
  test.each(['22.12.0', '22.12.1', '22.23.5', '23.0.0', '24.22.3', '26.12.1', '100.0.0'])(
    'with Node %s has what Varve needs',
    (version) => expect(missingRequirement(version, 'linux')).toBeUndefined(),
  );

  test.each(['0.12.18', '8.17.0', '20.20.2', '22.2.0', '22.11.9'])(
    'with Node %s is told to get a newer one',
    (version) => {
      const missing = missingRequirement(version, 'linux');
      expect(missing?.code).toBe('NODE_TOO_OLD');
      expect(missing?.message).toBe(
        `Varve needs Node ${MIN_NODE} or newer; this is Node ${version}.`,
      );
    },
  );

  test.each(['darwin', 'win32', 'freebsd'])('that runs %s is told that Varve needs Linux', (name) =>
    expect(missingRequirement('24.0.0', name)?.code).toBe('PLATFORM_UNSUPPORTED'),
  );
});

test('package.json asks npm for the same', () => {
  const { engines } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { engines: { node: string } };
  expect(engines.node).toBe(`>=${MIN_NODE}`);
});
