/** What is made of the codes that libc leaves; what the calls do is said in `at-calls.test.ts`. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AtCalls } from '../../src/platform/at-calls.js';
import type { ByteString } from '../../src/platform/bytes.js';
import type { Libc, NativeCall } from '../../src/platform/libc.js';

const ERRNO: Readonly<Record<string, number>> = {
  ENXIO: 6,
  EAGAIN: 11,
  EINVAL: 22,
  EIO: 5,
  ENOENT: 2,
  ENOLCK: 37,
};

/** The calls over a libc that answers each with the next code in turn; 0 for none. */
async function overCodes(codes: readonly string[]) {
  let turn = 0;
  let failed = '';
  const call: NativeCall = () => {
    failed = codes[turn++] ?? '';
    return failed === '' ? 0 : -1;
  };
  const failure = (name: string): NodeJS.ErrnoException =>
    Object.assign(new Error(`${failed}: ${name}`), { code: failed });
  const libc: Libc = {
    func: (declaration) => (/mallopt|getdents/.test(declaration) ? () => 0 : call),
    check(result, name) {
      if (result >= 0) return result;
      throw failure(name);
    },
    errno: () => ERRNO[failed] ?? 0,
    failure,
    address: () => 0n,
  };
  vi.resetModules();
  vi.doMock('../../src/platform/libc.js', async (original) => ({
    ...(await original<object>()),
    loadLibc: () => libc,
  }));
  onTestFinished(() => {
    vi.doUnmock('../../src/platform/libc.js');
    vi.resetModules();
  });
  const { loadNativeAtCalls } = await import('../../src/platform/native-at-calls.js');
  return { at: loadNativeAtCalls()!, turns: () => turn };
}

const name = 'name' as ByteString;
const failing = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('a stat', () => {
  test('is asked again where its code is of another call, three times at most', async () => {
    const twice = await overCodes(['EAGAIN', 'EAGAIN', '']);
    expect(twice.at.stat(3, name)).toMatchObject({ sizeBytes: 0 });
    expect(twice.turns()).toBe(3);
    const always = await overCodes(Array.from({ length: 9 }, () => 'EAGAIN'));
    expect(() => always.at.stat(3, name)).toThrow(failing('EAGAIN'));
    expect(always.turns()).toBe(3);
  });

  test('says what is not there, and fails by any other code at once', async () => {
    expect((await overCodes(['ENOENT'])).at.stat(3, name)).toBeUndefined();
    const broken = await overCodes(['EIO']);
    expect(() => broken.at.stat(3, name)).toThrow(failing('EIO'));
    expect(broken.turns()).toBe(1);
  });
});

describe.each<[string, string, (at: AtCalls) => unknown, unknown]>([
  ['data', 'ENXIO', (at) => at.seek(3, 0, 'data'), undefined],
  ['a lock', 'EAGAIN', (at) => at.tryLock(3), false],
])('%s that is not to be had', (_, code, ask, expected) => {
  test('is told by one code, and any other is a failure', async () => {
    expect(ask((await overCodes([code])).at)).toBe(expected);
    for (const other of ['EINVAL', 'EIO', 'ENOLCK']) {
      const { at } = await overCodes([other]);
      expect(() => ask(at)).toThrow(failing(other));
    }
  });
});
