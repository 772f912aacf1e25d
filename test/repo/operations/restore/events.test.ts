import { describe, expect, test } from 'vitest';
import { VersionType } from '../../../../src/repo/model.js';
import {
  wholeEvents,
  wholePath,
  type RestoreEvents,
} from '../../../../src/repo/operations/restore/events.js';
import type { ByteString } from '../../../../src/platform/bytes.js';

test.each([
  ['/target', '', '/target'],
  ['/target', 'dir/file', '/target/dir/file'],
  ['/', 'file', '/file'],
  ['café', 'x', 'caf\xc3\xa9/x'],
])('below %s, %j is %j', (target, path, expected) => {
  expect(wholePath(target, path as ByteString)).toBe(expected);
});

const NAME = 'file' as ByteString;
const rest: { [Event in keyof RestoreEvents]: unknown[] } = {
  onPath: ['new'],
  onFile: [10, { bytes: 4, isUnchanged: false }],
  onPart: [4],
  onNode: [VersionType.directory, true],
  onKept: [],
  onRemoved: [],
  onIssue: ['DAMAGED', 'why'],
  onShortfalls: [['owner']],
  onUnmade: ['EPERM'],
};
const names = Object.keys(rest) as (keyof RestoreEvents)[];

describe('what is told below a target', () => {
  test.each(names)('is told with whole paths, and with all else that it says: %s', (name) => {
    const told: unknown[] = [];
    const events = Object.fromEntries(
      names.map((one) => [one, (...args: unknown[]) => void told.push([one, ...args])]),
    ) as unknown as RestoreEvents;
    const whole = wholeEvents(events, (path) => `/whole/${path}` as ByteString);
    (whole[name] as (...args: unknown[]) => void)(NAME, ...rest[name]);
    expect(told).toEqual([[name, '/whole/file', ...rest[name]]]);
  });

  test('is not told of each path where nobody listens', () => {
    const events = { onPath: undefined } as unknown as RestoreEvents;
    expect(wholeEvents(events, (path) => path).onPath).toBeUndefined();
  });
});
