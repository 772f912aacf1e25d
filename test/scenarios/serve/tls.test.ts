/** Copies over HTTPS, and that nothing else is taken for it. `../tls/make.sh` made the certificates. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCopyLab, equalFiles, type ServerProcess } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';

const lab = createCopyLab();
const fixture = (name: string): string =>
  fileURLToPath(new URL(`./tls/${name}.pem`, import.meta.url));
const key = fixture('server-key');
const content = noise(300_000, 61);
/** The client believes the authority that signed the servers' certificates. */
const trusting = { NODE_EXTRA_CA_CERTS: fixture('authority'), VARVE_TOKEN: 'a-token-of-tests' };

const serveWith = (certificate: string): Promise<ServerProcess> => {
  const token = lab.put(lab.here, 'token', Buffer.from(trusting.VARVE_TOKEN));
  const tls = ['--cert', fixture(certificate), '--key', key];
  return lab.serve('--allow-write', '--token-file', token, ...tls);
};

let server: ServerProcess;
beforeAll(async () => {
  lab.put(lab.root, 'file', content);
  server = await serveWith('server');
});

test('a file is copied over TLS both ways', async () => {
  expect(server.url).toMatch(/^https:/);
  const source = lab.put(lab.here, 'source', content);
  const pushed = lab.put(lab.root, 'pushed', noise(200_000, 62));
  expect(await lab.run(['copy', source, server.file('pushed')], trusting)).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(equalFiles(source, pushed)).toBe(true);
  const pulled = lab.put(lab.here, 'pulled', noise(100_000, 63));
  expect((await lab.run(['copy', server.file('file'), pulled], trusting)).code).toBe(0);
  expect(readFileSync(pulled).equals(content)).toBe(true);
});

test('by the name in the certificate, too', async () => {
  const url = server.file('file').replace('127.0.0.1', 'localhost');
  const target = join(lab.here, 'by-name');
  expect((await lab.run(['copy', url, target], trusting)).code).toBe(0);
  expect(readFileSync(target).equals(content)).toBe(true);
});

describe('a certificate that proves nothing is refused', () => {
  test.each([
    ['of an unknown authority', 'server', { NODE_EXTRA_CA_CERTS: '' }, 'unable to verify'],
    ['of another server', 'elsewhere', {}, "does not match certificate's altnames"],
    ['that has expired', 'expired', {}, 'certificate has expired'],
  ])('%s', async (_, certificate, environment, reason) => {
    const { file } = await serveWith(certificate);
    const target = join(lab.here, `by-${certificate}`);
    const env = { ...trusting, ...environment };
    const pulled = await lab.run(['copy', file('file'), target], env);
    expect(pulled).toMatchObject({ code: 1, stdout: '' });
    expect(pulled.stderr).toContain(reason);
    expect(existsSync(target)).toBe(false);
    const source = lab.put(lab.here, 'source', content);
    const pushed = await lab.run(['copy', source, file('new')], env);
    expect(pushed).toMatchObject({ code: 1, stdout: '' });
    expect(existsSync(join(lab.root, 'new'))).toBe(false);
  });
});

test('HTTP to an HTTPS server, and the other way round, is an error of one line; both go on', async () => {
  const plain = await lab.serve();
  const target = join(lab.here, 'mixed');
  for (const url of [
    server.file('file').replace('https', 'http'),
    plain.file('file').replace('http', 'https'),
  ]) {
    const { code, stderr } = await lab.run(['copy', url, target], trusting);
    expect(code).toBe(1);
    expect(stderr).toContain('does not answer');
    expect(existsSync(target)).toBe(false);
  }
  expect((await lab.run(['copy', '-n', server.file('file'), target], trusting)).code).toBe(0);
  expect((await lab.run(['copy', '-n', plain.file('file'), target])).code).toBe(0);
});

test.each([
  [
    'only one of the two',
    ['--cert', fixture('server')],
    '--cert and --key must be given together.',
  ],
  ['a file that is not there', ['--cert', 'none', '--key', key], 'none'],
  [
    'no certificate',
    ['--cert', 'garbage', '--key', key],
    'Give a certificate with --cert and its key with --key, both in PEM.',
  ],
  [
    'no key',
    ['--cert', fixture('server'), '--key', 'garbage'],
    'Give a certificate with --cert and its key with --key, both in PEM.',
  ],
  [
    'the key of another',
    ['--cert', fixture('authority'), '--key', key],
    'Give a certificate with --cert and its key with --key, both in PEM.',
  ],
])('a server does not start with %s', async (_, tls, said) => {
  writeFileSync(join(lab.here, 'garbage'), 'garbage');
  const { code, stderr } = await lab.run(['serve', '--root', lab.root, '-l', '0', ...tls]);
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain(said);
  expect(stderr).not.toContain('BUG');
  expect(stderr).not.toMatch(/\n\s+at /);
});
