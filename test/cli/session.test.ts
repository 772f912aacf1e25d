import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GlobalFlags } from '../../src/cli/global-options.js';
import { createOutput } from '../../src/cli/output.js';
import { openSession, optionValue } from '../../src/cli/session.js';
import {
  CodedError,
  initRepository,
  listSnapshots,
  openPlatform,
  type ByteString,
  type Issue,
} from '../../src/store.js';
import { scratchDirectory } from '../support/directory.js';
import { openFiles } from '../support/varve-command.js';

const CLEAR = '\r\x1b[K';

function sink(terminal: object) {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      written.push(chunk.toString());
      done();
    },
  });
  return { written, stream: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream };
}

function open(flags: Partial<GlobalFlags> = {}, isTTY = false, env: Record<string, string> = {}) {
  const { written, stream: stderr } = sink({ isTTY, columns: 40 });
  const output = createOutput(sink({}).stream);
  const controller = new AbortController();
  const interrupts = { takeSignal: () => controller.signal };
  const session = openSession({ progress: true, ...flags }, { output, stderr, env, interrupts });
  return { written, session, controller };
}

const issue = (message: string): Issue => ({
  code: 'RULES_UNREADABLE',
  message,
  path: '/x' as ByteString,
});

describe('what is said on standard error', () => {
  test('is a line each; a notice is kept back by --quiet, a problem by nothing', () => {
    for (const [flags, lines] of [
      [{}, ['varve: note\n', 'varve: wrong\n', 'varve: a\\x1b\n', 'varve: b\n']],
      [{ quiet: true }, ['varve: wrong\n', 'varve: a\\x1b\n', 'varve: b\n']],
      [{ json: true }, ['varve: note\n', 'varve: wrong\n']],
      [{ json: true, quiet: true }, ['varve: wrong\n']],
    ] as const) {
      const { written, session } = open(flags);
      session.notice('note');
      session.problem('wrong');
      session.listIssues([issue('a\x1b'), issue('b')]);
      session.end();
      expect(written).toEqual(lines);
    }
  });

  test('fits the terminal', () => {
    const { written, session } = open({}, true);
    session.problem('nine words that are too long for one line');
    expect(written).toEqual(['varve: nine words that are too long for\none line\n']);
  });
});

describe('the line of progress', () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }),
  );
  afterEach(() => void vi.useRealTimers());

  test('is drawn again four times a second, whatever is reported, until it is finished', () => {
    const { written, session } = open({}, true);
    session.progress.start({ label: 'verify' });
    expect(written).toEqual([]);
    vi.advanceTimersByTime(249);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(written).toEqual([`${CLEAR}verify [0:00]  0 files  0 B`]);
    vi.advanceTimersByTime(250);
    expect(written).toHaveLength(2);
    session.progress.update({ files: 1, bytes: 2 });
    session.progress.expect({ files: 2, bytes: 4 });
    vi.advanceTimersByTime(250);
    expect(written.at(-1)).toBe(`${CLEAR}verify [0:01]  50%  1/2 files  2/4 B`);
    session.notice('note');
    expect(written.at(-1)).toMatch(/^\r\x1b\[Kvarve: note\nverify \[/); // eslint-disable-line no-control-regex
    session.progress.finish();
    expect(written.at(-1)).toBe(CLEAR);
    const { length } = written;
    vi.advanceTimersByTime(10_000);
    session.progress.update({ files: 2, bytes: 4 });
    session.notice('after');
    expect(written.slice(length)).toEqual(['varve: after\n']);
  });

  test('is gone when the session ends', () => {
    const { written, session } = open({}, true);
    session.progress.start({ label: 'verify' });
    vi.advanceTimersByTime(250);
    session.end();
    expect(written.at(-1)).toBe(CLEAR);
  });

  test.each([
    ['no terminal', {}, false],
    ['--quiet', { quiet: true }, true],
    ['--no-progress', { progress: false }, true],
  ])('is not drawn: %s', (_, flags, isTTY) => {
    const { written, session } = open(flags, isTTY);
    expect(session.progress.isShown).toBe(false);
    session.progress.start({ label: 'verify' });
    session.progress.update({ files: 1, bytes: 1 });
    vi.advanceTimersByTime(1000);
    session.progress.finish();
    expect(written).toEqual([]);
    expect(open({}, true).session.progress.isShown).toBe(true);
  });
});

describe('a session', () => {
  test('says how it is to speak', () => {
    const shown = (flags: Partial<GlobalFlags>): boolean[] => {
      const { isJson, isQuiet, isVerbose } = open(flags).session;
      return [isJson, isQuiet, isVerbose];
    };
    expect(shown({})).toEqual([false, false, false]);
    expect(shown({ json: true })).toEqual([true, false, false]);
    expect(shown({ quiet: true })).toEqual([false, true, false]);
    expect(shown({ verbose: 1 })).toEqual([false, false, true]);
    expect(shown({ verbose: 0 })).toEqual([false, false, false]);
  });

  test('looks for its repository below the home that the environment names', () => {
    expect(open({}, false, { HOME: '/h' }).session.repository).toEqual({
      path: '/h/.local/share/varve',
      isDefault: true,
    });
    expect(open({ repo: '/r' }, false, { HOME: '/h' }).session.repository.path).toBe('/r');
  });

  test('keeps what was settled last, and is interrupted by the signal of the process', () => {
    const { session, controller } = open();
    expect(session.settled).toBeUndefined();
    session.settle('One was done', 0);
    session.settle('Two were done', 3);
    expect(session.settled).toEqual({ what: 'Two were done', exitCode: 3 });
    const signal = session.takeSignal();
    controller.abort();
    expect(signal.aborted).toBe(true);
  });

  test('closes what it opened when it ends, and ends without having opened anything', async () => {
    open().session.end();
    const repo = join(scratchDirectory(), 'repo');
    await initRepository(repo, openPlatform());
    const openOnes = (): string[] => openFiles(process.pid).filter((name) => name.startsWith(repo));
    for (const access of ['read', 'write'] as const) {
      const { session } = open({ repo });
      expect(await listSnapshots(await session.openRepository(access))).toEqual([]);
      expect(openOnes(), access).not.toEqual([]);
      session.end();
      expect(openOnes(), access).toEqual([]);
    }
  });

  test('is refused a wrong --lock-wait, and needs none', () => {
    expect(() => open({ lockWait: 'soon' })).toThrow(/^--lock-wait: "soon" is not a duration/);
  });
});

test('a wrong value is said with its option, its code and its hint; another failure is passed on', () => {
  const refusing = (error: Error) => () => {
    throw error;
  };
  const wrong = new CodedError('USAGE_SIZE', 'No size.', { hint: 'Give one.' });
  expect(() => optionValue('--larger', refusing(wrong), 'x')).toThrow(
    expect.objectContaining({
      code: 'USAGE_SIZE',
      message: '--larger: No size.',
      hint: 'Give one.',
    }) as Error,
  );
  const bare = new CodedError('USAGE_COUNT', 'No count.');
  expect(() => optionValue('--jobs', refusing(bare), 'x')).toThrow(
    expect.objectContaining({ message: '--jobs: No count.', hint: undefined }) as Error,
  );
  const bug = new TypeError('bug');
  expect(() => optionValue('--jobs', refusing(bug), 'x')).toThrow(bug);
  const none: unknown = optionValue('--jobs', Number, undefined);
  expect(none).toBeUndefined();
  expect(optionValue('--jobs', Number, '')).toBe(0);
});
