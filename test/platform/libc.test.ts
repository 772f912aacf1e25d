import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../src/platform/bytes.js';
import { loadLibc, NameBuffer } from '../../src/platform/libc.js';

describe('a name for C', () => {
  test.each([0, 1, 255, 510, 511, 512, 513, 1023, 1024, 1025, 5000])(
    'of %i bytes ends with a NUL, whatever stood there before',
    (length) => {
      const names = new NameBuffer();
      for (const letter of ['a', 'b']) {
        names.put('x'.repeat(letter === 'a' ? 3 : 6000));
        const bytes = names.put(letter.repeat(length));
        expect(bytes.indexOf(0)).toBe(length);
        expect(bytes.toString('latin1', 0, length)).toBe(letter.repeat(length));
      }
    },
  );

  test('is its bytes, also those that are no text', () => {
    const name = '\x01\x7f\xff\xe9' as ByteString;
    expect(new NameBuffer().put(name).subarray(0, 5)).toEqual(
      Buffer.from([0x01, 0x7f, 0xff, 0xe9, 0]),
    );
  });

  test('has no NUL of its own', () => {
    expect(() => new NameBuffer().put('a\0b')).toThrow(/^EINVAL/);
  });
});

test('a call that fails says what the system says, with the call and the name', () => {
  const libc = loadLibc();
  if (!libc) return;
  const rmdir = libc.func('int rmdir(const char *)');
  const failing = (): unknown =>
    libc.check(rmdir('/no/such/directory\0'), 'rmdir', '/no/such/directory' as ByteString);
  expect(failing).toThrow(
    expect.objectContaining({
      message: 'ENOENT: no such file or directory, rmdir',
      code: 'ENOENT',
      errno: -2,
      syscall: 'rmdir',
      path: '/no/such/directory',
    }),
  );
  expect(libc.check(7, 'open', 'x' as ByteString)).toBe(7);
  expect(libc.check(0, 'open', 'x' as ByteString)).toBe(0);
});
