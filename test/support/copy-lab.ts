/** A real server process and real copies, in directories that are gone after the tests of a file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { parseEndpoint } from '../../src/cli/parse/endpoint.js';
import {
  copyFile,
  openPlatform,
  serve,
  type CopyOptions,
  type CopyResult,
  type Platform,
  type ServeOptions,
} from '../../src/store.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** The address of a file of the root. */
  readonly file: (name: string) => string;
}

export interface CopyLab {
  /** The directory of local files. */
  readonly here: string;
  /** The root of the servers. */
  readonly root: string;
  readonly start: (args: readonly string[], env?: NodeJS.ProcessEnv) => ChildProcess;
  readonly run: (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Run>;
  /** `varve copy --json`, which must succeed. */
  readonly copy: (...args: string[]) => Promise<CopyDocument>;
  /** {@link copy} within this process. */
  readonly copyFile: (
    source: string,
    target: string,
    options?: Partial<CopyOptions>,
    platform?: Platform,
  ) => Promise<CopyResult>;
  /** Serves the root within this process; to nobody else, and for writing. */
  readonly serveWithin: (platform: Platform, options?: Partial<ServeOptions>) => Promise<string>;
  readonly serve: (...args: string[]) => Promise<ServerProcess>;
  readonly put: (directory: string, name: string, bytes: Uint8Array) => string;
}

export interface CopyDocument {
  readonly similarity: number;
  readonly size: number;
  readonly bytes_hashed: number;
  readonly bytes_sent: number;
  readonly bytes_received: number;
  readonly bytes_written: number;
  readonly duration_ms: number;
}

const SERVED: Omit<ServeOptions, 'root'> = {
  address: '127.0.0.1',
  port: 0,
  allowsWriting: true,
  token: undefined,
  isOpen: false,
  hosts: [],
  isPdiffcopy: false,
  tls: undefined,
  jobs: 2,
  cacheDirectory: undefined,
};

/** `npm test` builds what it runs. */
export function createCopyLab(): CopyLab {
  const base = mkdtempSync(join(tmpdir(), 'varve-copy-'));
  const [here, root, home] = ['here', 'root', 'home'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  [here, root, home].forEach((directory) => mkdirSync(directory));
  const children = new Set<ChildProcess>();
  const closers = new Set<() => Promise<void>>();
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([...closers].map((close) => close()));
    rmSync(base, { recursive: true, force: true });
  });

  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
    const environment = { PATH: process.env['PATH'], HOME: home, ...env };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: here, env: environment });
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };
  const run = async (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Run> => {
    const child = start(args, env);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: stdout(), stderr: stderr() };
  };
  return {
    here,
    root,
    start,
    run,
    async copy(...args) {
      const { code, stdout, stderr } = await run(['copy', '--json', ...args]);
      if (code !== 0) throw new Error(`${code}: ${stdout}${stderr}`);
      return JSON.parse(stdout) as CopyDocument;
    },
    copyFile: (source, target, options = {}, platform = openPlatform()) =>
      copyFile(platform, {
        source: parseEndpoint(source),
        target: parseEndpoint(target),
        isWholeFile: false,
        isDryRun: false,
        isInPlace: false,
        preserves: false,
        jobs: 2,
        token: undefined,
        cacheDirectory: undefined,
        ...options,
      }),
    async serveWithin(platform, options = {}) {
      const server = await serve(platform, { ...SERVED, root, ...options });
      closers.add(() => server.close());
      return server.url;
    },
    async serve(...args) {
      const child = start(['serve', '--root', root, '--listen', '0', ...args]);
      const url = await announced(child);
      return { url, process: child, file: (name) => `${url}/${name}` };
    },
    put(directory, name, bytes) {
      const path = join(directory, name);
      writeFileSync(path, bytes);
      return path;
    },
  };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** The address that a server says, once it listens. */
function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const url = /at (https?:\S+)/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('close', () => reject(new Error(`the server did not start: ${text}`)));
  });
}

export const equalFiles = (a: string, b: string): boolean =>
  readFileSync(a).equals(readFileSync(b));
