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

/** The calls over a libc that answers each with the next code in turn; '' for none. */
async function overCodes(codes: readonly string[]) {
  let turn = 0;
  let failed = '';
  const call: NativeCall = () => {
    failed = codes[turn++] ?? '';
    return failed === '' ? 0 : -1;
  };
  const of = (declaration: string): NativeCall =>
    /mallopt|getdents/.test(declaration) ? () => 0 : call;
  return { ...(await overCalls(of, () => failed)), turns: () => turn };
}

/** The calls over a libc whose functions are these; `failed`: the code of the last. */
async function overCalls(func: Libc['func'], failed = () => '') {
  const failure = (name: string): NodeJS.ErrnoException =>
    Object.assign(new Error(`${failed()}: ${name}`), { code: failed() });
  const libc: Libc = {
    func,
    check(result, name) {
      if (result >= 0) return result;
      throw failure(name);
    },
    errno: () => ERRNO[failed()] ?? 0,
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
  return { at: loadNativeAtCalls()! };
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

describe('what statx says', () => {
  const [BTIME, MOUNT] = [0x800, 0x1000];

  /** A stat of these words, the others 0; a wide number takes two. */
  async function statOf(values: Readonly<Record<number, number>>) {
    const { at } = await overCalls((declaration) => {
      if (!/ statx\(/.test(declaration)) return () => 0;
      return (...of) => {
        const words = of[4] as Int32Array;
        words.fill(0);
        for (const [index, value] of Object.entries(values)) words[Number(index)] = value;
        return 0;
      };
    });
    return at.stat(3, name)!;
  }

  test('is every field, at its place and as wide as it is', async () => {
    const stat = await statOf({
      ...{ 0: BTIME | MOUNT, 4: 5, 5: -2, 6: 34, 7: 0o104751 },
      ...{ 8: -1, 9: 0xfffff, 10: 7, 11: 2, 12: 9, 13: 1 },
      ...{ 20: 100, 22: 1, 24: 200, 25: 1, 26: 2, 28: -5, 29: -1, 30: 999_999_999 },
      ...{ 32: 8, 33: 17, 34: 259, 35: 3, 36: 77 },
    });
    expect(stat).toEqual({
      ...{ type: 'file', mode: 0o4751, uid: 2 ** 32 - 2, gid: 34, linkCount: 5 },
      inode: 2 ** 52 - 1,
      sizeBytes: 2 * 2 ** 32 + 7,
      allocatedBytes: (2 ** 32 + 9) * 512,
      btime: { seconds: 100, nanoseconds: 1 },
      ctime: { seconds: 2 ** 32 + 200, nanoseconds: 2 },
      mtime: { seconds: -5, nanoseconds: 999_999_999 },
      ...{ rdev: 8 * 2 ** 20 + 17, device: 259 * 2 ** 20 + 3, mount: 77 },
    });
  });

  test('is no birth and no mount where it knows none, and of a number the low 52 bits', async () => {
    const stat = await statOf({ 9: 0x7fffffff, 20: 100, 36: 77 });
    expect(stat).toMatchObject({ btime: undefined, mount: undefined, inode: 0xfffff * 2 ** 32 });
    expect((await statOf({ 0: BTIME, 20: 1 })).btime).toEqual({ seconds: 1, nanoseconds: 0 });
    expect((await statOf({ 0: MOUNT, 36: 7 })).mount).toBe(7);
  });

  test.each([
    [0o100000, 'file'],
    [0o040000, 'directory'],
    [0o120000, 'symlink'],
    [0o010000, 'fifo'],
    [0o140000, 'socket'],
    [0o020000, 'characterDevice'],
    [0o060000, 'blockDevice'],
  ])('of mode %o is the type: %s', async (mode, type) => {
    expect(await statOf({ 7: mode | 0o7777 })).toMatchObject({ type, mode: 0o7777 });
  });
});
