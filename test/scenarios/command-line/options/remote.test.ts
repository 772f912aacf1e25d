/** From each option of `varve copy` and `varve serve` to what it does, and their exits. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createInProcess, threadsOf, type Run } from '../../../support/in-process.js';
import { coverOptions, coverRefusals } from '../../../support/option-table.js';
import { noise } from '../../../support/seed.js';

/** Nobody waits; how long somebody would is kept. */
vi.mock('node:timers/promises', () => ({ setTimeout: vi.fn(() => Promise.resolve()) }));

const { run, json, path, write } = createInProcess();
const certificate = (name: string): string =>
  fileURLToPath(new URL(`../../serve/tls/${name}.pem`, import.meta.url));
const cache = path('cache');
const cached = { env: { XDG_CACHE_HOME: cache } };

interface Copied {
  readonly similarity: number;
  readonly bytes_hashed: number;
  readonly bytes_sent: number;
  readonly bytes_received: number;
}

interface Server {
  readonly url: string;
  /** Interrupts it, and gives what it ended with. */
  readonly stop: () => Promise<Run>;
}

const running = new Set<Server>();
afterEach(async () => {
  for (const server of running) await server.stop();
});

/** `varve serve`, until the end of the test. */
async function serve(...args: string[]): Promise<Server> {
  const controller = new AbortController();
  let ended: Promise<Run>;
  const url = await new Promise<string>((resolve, reject) => {
    const onStderr = (text: string): void => {
      const [, found] = /^varve: Serving .* at (\S+)\n/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    };
    const given = [
      'serve',
      '--root',
      'served',
      ...(args.includes('-l') ? [] : ['-l', '0']),
      ...args,
    ];
    ended = run(given, { ...cached, signal: controller.signal, onStderr });
    ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  const server = {
    url,
    stop: () => {
      running.delete(server);
      controller.abort();
      return ended;
    },
  };
  running.add(server);
  return server;
}

const BLOCK = 65_536;
const old = noise(16 * BLOCK, 1);
/** Differs in one byte of one block. */
const source = Buffer.from(old);
source[5 * BLOCK + 7]! ^= 1;

beforeEach(() => {
  fs.rmSync(cache, { recursive: true, force: true });
  write({ source, 'served/file': old, 'served/sub/file': old, text: 'varve '.repeat(50_000) });
  fs.chmodSync(path('source'), 0o640);
  fs.utimesSync(path('source'), 1e9, 1e9);
});

/** So long ago were files written whose lists are kept: times of files move in steps. */
const A_MINUTE_MS = 60_000;
afterEach(() => void vi.useRealTimers());

/** Two files that differ at the front, of several parts for threads to share. */
function writeLarge(source: string, target: string): void {
  const bytes = Buffer.alloc(24 * 1024 * 1024, 'layer');
  write({ [target]: bytes });
  bytes[0] = 0;
  write({ [source]: bytes });
}

/** Status of a request; `fetch` would not let Host be set. */
function ask(url: string, headers: http.OutgoingHttpHeaders = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { headers, agent: false }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      })
      .on('error', reject);
  });
}

coverOptions('copy', {
  async '--block-size'() {
    for (const option of ['-b', '--block-size']) {
      for (const [size, sent] of [
        ['64K', BLOCK],
        ['16K', BLOCK / 4],
      ] as const) {
        write({ target: old });
        const { similarity } = await json<Copied>('copy', '-n', 'source', 'target', option, size);
        expect(similarity).toBeCloseTo(1 - sent / source.length, 3);
      }
    }
  },
  async '--hash-method'() {
    const { url } = await serve('--allow-write');
    for (const option of ['-m', '--hash-method']) {
      const unknown = await run(['copy', 'source', `${url}/file`, option, 'md17']);
      expect(unknown).toMatchObject({ code: 2, stdout: '' });
      expect(unknown.stderr).toContain('md17');
      expect(await run(['copy', 'source', `${url}/file`, option, 'sha256'])).toMatchObject({
        code: 0,
      });
    }
  },
  async '--whole-file'() {
    const { url } = await serve('--allow-write');
    for (const option of ['-W', '--whole-file']) {
      write({ 'served/file': old });
      const { bytes_sent: sent } = await json<Copied>('copy', 'source', `${url}/file`, option);
      expect(sent).toBeGreaterThan(source.length);
    }
    write({ 'served/file': old });
    const { bytes_sent: sent } = await json<Copied>('copy', 'source', `${url}/file`);
    expect(sent).toBeLessThan(2 * BLOCK);
  },
  async '--concurrency'() {
    for (const [option, count] of [
      ['-c', 1],
      ['--concurrency', 3],
    ] as const) {
      writeLarge('large', 'target');
      const copy = ['copy', 'large', 'target', option, String(count)];
      expect(await threadsOf(() => run(copy))).toBe(count);
    }
  },
  async '--dry-run'() {
    write({ target: old });
    for (const option of ['-n', '--dry-run']) {
      const { stdout } = await run(['copy', 'source', 'target', option]);
      expect(stdout).not.toContain('written');
      expect(fs.readFileSync(path('target')).equals(old)).toBe(true);
    }
  },
  async '--benchmark'() {
    write({ target: old });
    for (const option of ['-B', '--benchmark']) {
      const kept = await run(['copy', 'source', 'target', option, '1']);
      expect(kept).toMatchObject({ code: 1 });
      expect(kept.stderr).toContain('VARVE_BENCHMARK=allowed');
      for (const VARVE_BENCHMARK of ['', '1', 'yes', 'ALLOWED']) {
        const args = ['copy', 'source', 'target', option, '1'];
        const { code, stderr } = await run(args, { env: { VARVE_BENCHMARK } });
        expect(code).toBe(1);
        expect(stderr).toContain('VARVE_BENCHMARK=allowed');
      }
      expect(fs.readFileSync(path('target')).equals(old)).toBe(true);
    }
  },
  async '--inplace'() {
    write({ target: old });
    const { ino } = fs.statSync(path('target'));
    expect(await run(['copy', 'source', 'target', '--inplace'])).toMatchObject({ code: 0 });
    expect(fs.statSync(path('target')).ino).toBe(ino);
    write({ target: old });
    expect(await run(['copy', 'source', 'target'])).toMatchObject({ code: 0 });
    expect(fs.statSync(path('target')).ino).not.toBe(ino);
  },
  async '--preserve'() {
    for (const [i, option] of [[], ['-p'], ['--preserve']].entries()) {
      await run(['copy', 'source', `new-${i}`, ...option]);
      const { mode, mtimeMs } = fs.statSync(path(`new-${i}`));
      const isPreserved = (mode & 0o777) === 0o640 && mtimeMs === 1e12;
      expect(isPreserved).toBe(option.length > 0);
    }
  },
  async '--compress'() {
    const { url } = await serve('--allow-write');
    const sentWith = async (when: string): Promise<number> => {
      const copy = ['copy', 'text', `${url}/${when}`, '--compress', when] as const;
      return (await json<Copied>(...copy)).bytes_sent;
    };
    expect(await sentWith('on')).toBeLessThan(30_000);
    expect(await sentWith('off')).toBeGreaterThan(300_000);
    const slow = ['copy', 'text', `${url}/slow`, '--bwlimit', '1M'] as const;
    expect((await json<Copied>(...slow)).bytes_sent).toBeLessThan(30_000);
  },
  async '--bwlimit'() {
    const { url } = await serve('--allow-write');
    const waitedMs = async (...args: string[]): Promise<number> => {
      vi.mocked(sleep).mockClear();
      await run(['copy', 'source', `${url}/limited-${args.length}`, ...args]);
      return Math.max(0, ...vi.mocked(sleep).mock.calls.map(([ms]) => ms ?? 0));
    };
    expect(await waitedMs()).toBe(0);
    // A mebibyte at 128 KiB a second.
    expect(await waitedMs('--bwlimit', '128K')).toBeGreaterThan(6000);
  },
  async '--token-file'() {
    write({ token: 'a-token\n', other: 'another\n' });
    const { url } = await serve('--token-file', 'token');
    const copy = ['copy', `${url}/file`, 'got'];
    expect(await run(copy)).toMatchObject({ code: 1 });
    expect(await run([...copy, '--token-file', 'other'])).toMatchObject({ code: 1 });
    expect(fs.existsSync(path('got'))).toBe(false);
    expect(await run([...copy, '--token-file', 'token'])).toMatchObject({ code: 0 });
    expect(await run(copy, { env: { VARVE_TOKEN: 'a-token' } })).toMatchObject({ code: 0 });
    const overruled = { env: { VARVE_TOKEN: 'a-token' } };
    expect(await run([...copy, '--token-file', 'other'], overruled)).toMatchObject({ code: 1 });
  },
  async '--no-cache'() {
    for (const [option, isKept] of [
      [['--no-cache'], false],
      [[], true],
    ] as const) {
      write({ target: old });
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + A_MINUTE_MS });
      expect(await run(['copy', 'source', 'target', ...option], cached)).toMatchObject({ code: 0 });
      expect(fs.existsSync(`${cache}/varve/hash-lists`)).toBe(isKept);
    }
  },
});

coverOptions('serve', {
  async '--root'() {
    const { url } = await serve();
    expect(await run(['copy', `${url}/sub/file`, 'whole'])).toMatchObject({ code: 0 });
    const { url: below } = await serve('--root', 'served/sub');
    expect(await run(['copy', `${below}/file`, 'part'])).toMatchObject({ code: 0 });
    expect(await run(['copy', `${below}/sub/file`, 'none'])).toMatchObject({ code: 1 });
  },
  async '--listen'() {
    for (const [i, option] of ['-l', '--listen'].entries()) {
      const args = i === 0 ? [option, '127.0.0.2:0'] : ['-l', '0', option, '127.0.0.2:0'];
      const { url } = await serve(...args);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
      expect(await run(['copy', `${url}/file`, `listened-${i}`])).toMatchObject({ code: 0 });
    }
  },
  async '--allow-write'() {
    const refusing = await serve();
    const refused = await run(['copy', 'source', `${refusing.url}/file`]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('--allow-write');
    expect(fs.readFileSync(path('served/file')).equals(old)).toBe(true);
    const { url } = await serve('--allow-write');
    expect(await run(['copy', 'source', `${url}/file`])).toMatchObject({ code: 0 });
    expect(fs.readFileSync(path('served/file')).equals(source)).toBe(true);
  },
  async '--token-file'() {
    write({ token: 'a-token\n' });
    const { url } = await serve('--token-file', 'token');
    expect(await ask(`${url}/api/info?path=file`)).toBe(401);
  },
  async '--no-auth'() {
    const open = ['--root', 'served', '-l', '0.0.0.0:0'];
    const refused = await run(['serve', ...open]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('--no-auth');
    const { url } = await serve('--no-auth', '-l', '0.0.0.0:0');
    const [, port] = /:(\d+)$/.exec(url) ?? [];
    const copy = ['copy', `http://127.0.0.1:${port}/file`, 'open'];
    expect(await run(copy)).toMatchObject({ code: 0 });
    // It outweighs a token, wherever that comes from.
    write({ token: 'a-token\n' });
    const { url: local } = await serve('--no-auth', '--token-file', 'token');
    expect(await run(['copy', `${local}/file`, 'open-too'])).toMatchObject({ code: 0 });
  },
  async '--allow-host'() {
    const refusing = await serve();
    const at = `/hashes?filename=file`;
    const refused = await ask(refusing.url + at, { host: 'backup.example' });
    const { url } = await serve('--allow-host', 'backup.example', 'other.example');
    const hosts = ['backup.example', 'other.example', 'third.example'];
    const statuses = await Promise.all(hosts.map((host) => ask(url + at, { host })));
    expect(statuses[2]).toBe(refused);
    expect(statuses[0]).not.toBe(refused);
    expect(statuses[1]).toBe(statuses[0]);
  },
  async '--cert'() {
    const { url } = await serveEncrypted();
    expect(url).toMatch(/^https:/);
  },
  async '--key'() {
    await expect(serveEncrypted('authority')).rejects.toThrow(/certificate|key/i);
  },
  async '--compat'() {
    const at = '/hashes?filename=%2Ffile&block_size=4096&method=sha1';
    const { url } = await serve('--compat', 'pdiffcopy');
    expect(await ask(url + at)).toBe(200);
    const plain = await serve();
    expect(await ask(plain.url + at)).not.toBe(200);
  },
  async '--no-cache'() {
    for (const [option, isKept] of [
      [['--no-cache'], false],
      [[], true],
    ] as const) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + A_MINUTE_MS });
      const { url } = await serve('--allow-write', ...option);
      await run(['copy', 'source', `${url}/file`, '--no-cache']);
      expect(fs.existsSync(`${cache}/varve/hash-lists`)).toBe(isKept);
      fs.writeFileSync(path('served/file'), old);
    }
  },
  async '--jobs'() {
    for (const jobs of [1, 3]) {
      writeLarge('large', 'served/large');
      const copy = async (): Promise<void> => {
        const { url } = await serve('--allow-write', '--jobs', String(jobs));
        await run(['copy', 'large', `${url}/large`, '-c', '1']);
      };
      // One of them is the client's.
      expect(await threadsOf(copy)).toBe(jobs + 1);
    }
  },
});

const serveEncrypted = (key = 'server-key'): Promise<Server> =>
  serve('--cert', certificate('server'), '--key', certificate(key));

describe('what is refused', () => {
  const copy = (...args: string[]): string[] => ['copy', 'source', 'none', ...args];
  const serving = (...args: string[]): string[] => [
    'serve',
    '--root',
    'served',
    '-l',
    '0',
    ...args,
  ];
  coverRefusals(run, [
    [copy('-b', 'large'), 2, '--block-size: '],
    [copy('-c', '0'), 2, '--concurrency: '],
    [copy('-c', '65'), 2, '--concurrency: '],
    [copy('-B', '0'), 2, '--benchmark: '],
    [copy('-B', '101'), 2, '--benchmark: '],
    [copy('--bwlimit', 'fast'), 2, '--bwlimit: '],
    [copy('--bwlimit', '0'), 2, '--bwlimit: '],
    [copy('--compress', 'maybe'), 2, '--compress: "maybe" is not auto, on or off.'],
    [copy('-m', 'md17'), 2, 'md17'],
    [copy('--token-file', 'nowhere'), 1, 'nowhere cannot be read'],
    [copy('--token-file', 'source'), 1, 'source does not hold a token'],
    [['copy', 'nowhere', 'none'], 1, 'nowhere'],
    [['copy', 'served', 'none'], 1, 'served'],
    [['copy', 'source', 'user@host:file'], 2, 'is not an address such as'],
    [['copy', 'ftp://host/file', 'none'], 2, 'is not an address such as'],
    [['copy', 'http://user:secret@host/file', 'none'], 2, 'is not an address such as'],
    [['copy', 'http://host/file?query', 'none'], 2, 'is not an address such as'],
    [['copy', 'http://host/file#part', 'none'], 2, 'is not an address such as'],
    [['copy', 'http://127.0.0.1:1/a', 'http://127.0.0.1:1/b'], 2, ''],
    [['copy', 'http://127.0.0.1:1/a', 'none'], 1, '127.0.0.1:1'],
    [['copy', '-B', '1', 'source', 'http://127.0.0.1:1/b'], 2, "The benchmark's target must be"],
    [['serve'], 2, '--root'],
    [['serve', '--root', 'nowhere', '-l', '0'], 1, 'nowhere is not a directory'],
    [['serve', '--root', 'source', '-l', '0'], 1, 'source is not a directory'],
    [serving('-l', '127.0.0.1:99999'), 2, '--listen: '],
    [serving('-l', '1.2.3'), 2, '--listen: '],
    [serving('--compat', 'rsync'), 2, '--compat: "rsync" is unknown.'],
    [serving('--cert', 'x'), 2, '--cert and --key must be given together.'],
    [serving('--key', 'x'), 2, '--cert and --key must be given together.'],
    [serving('--token-file', 'nowhere'), 1, 'nowhere cannot be read'],
    [serving('--allow-host', '\udcff'), 2, '--allow-host: '],
    [serving('--jobs', '0'), 2, '--jobs: '],
    [['serve', '--root', 'served', '-l', '0.0.0.0:0'], 1, 'would expose the files to anyone'],
  ]);
});

describe('exits', () => {
  test('an interrupt of serve: 130, whenever it comes', async () => {
    const server = await serve();
    expect(await server.stop()).toMatchObject({ code: 130, stdout: '' });
    await expect(ask(server.url)).rejects.toThrow('ECONNREFUSED');
    const signal = AbortSignal.abort();
    const early = await run(['serve', '--root', 'served', '-l', '0'], { signal });
    expect(early).toMatchObject({ code: 130 });
  });

  test('an interrupt of copy: 130', async () => {
    const done = await run(['copy', 'source', 'none'], { signal: AbortSignal.abort() });
    expect(done).toMatchObject({ code: 130, stdout: '' });
    expect(fs.existsSync(path('none'))).toBe(false);
  });
});
