import { availableParallelism, hostname, tmpdir } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPlatform } from '../../src/platform/platform.js';

test('a platform is what this machine and this process are', () => {
  const before = Date.now();
  const platform = openPlatform();
  expect(platform).toMatchObject({
    hostName: hostname(),
    coreCount: availableParallelism(),
    temporaryDirectory: tmpdir(),
    isSuperuser: process.getuid!() === 0,
    user: { uid: process.getuid!(), gid: process.getgid!() },
  });
  const now = platform.clock.nowMs();
  expect([now >= before, now <= Date.now()]).toEqual([true, true]);
  expect(platform.files.exists('/' as never)).toBe(true);
  expect(platform.users.userName(process.getuid!())).toBeDefined();
});

test('user and group are told apart', () => {
  for (const [uid, gid] of [
    [7, 0],
    [0, 9],
  ] as const) {
    const spies = [
      vi.spyOn(process, 'getuid').mockReturnValue(uid),
      vi.spyOn(process, 'getgid').mockReturnValue(gid),
    ];
    onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
    expect(openPlatform()).toMatchObject({ user: { uid, gid }, isSuperuser: uid === 0 });
  }
});

test('random bytes are as many as were asked for, and others each time', () => {
  const platform = openPlatform();
  const [one, other] = [platform.randomBytes(32), platform.randomBytes(32)];
  expect([one.length, platform.randomBytes(0).length]).toEqual([32, 0]);
  expect(Buffer.from(one).equals(other)).toBe(false);
});

test('temporary files lie where the environment says', () => {
  vi.stubEnv('TMPDIR', '/somewhere/else');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(openPlatform().temporaryDirectory).toBe('/somewhere/else');
});

test.each([
  ['caf\udce9', 'caf\ufffd', 'caf\udce9'],
  [undefined, undefined, tmpdir()],
])(
  'a place of temporary files that is no text is the one that was given: %j',
  async (exact, decoded, expected) => {
    vi.resetModules();
    vi.doMock('../../src/platform/process-bytes.js', async (original) => ({
      ...(await original<object>()),
      environment: () => ({ TMPDIR: exact }),
    }));
    if (decoded !== undefined) vi.stubEnv('TMPDIR', decoded);
    onTestFinished(() => {
      vi.doUnmock('../../src/platform/process-bytes.js');
      vi.resetModules();
      vi.unstubAllEnvs();
    });
    const { openPlatform: open } = await import('../../src/platform/platform.js');
    expect(open().temporaryDirectory).toBe(expected);
  },
);
