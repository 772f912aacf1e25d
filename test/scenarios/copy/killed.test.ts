/** A sample; `npm run test:long` takes two hundred places. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noise, testSeed } from '../../support/seed.js';
import { killAndResume } from '../../support/killed.js';
import { createCopyLab } from '../../support/copy-lab.js';

const lab = createCopyLab();

test('a copy that loses its server or its client leaves the old file, and is resumed', async () => {
  await killAndResume(lab, 6, testSeed);
});

test('what was sent before an interruption is not sent again', async () => {
  const content = noise(8 * 1024 * 1024, 31);
  const source = lab.put(lab.here, 'large', content);
  const server = await lab.serve('--allow-write', '--no-cache');
  const controller = new AbortController();
  const onProgress = (bytes: number): void => {
    if (bytes >= content.length / 2) controller.abort();
  };
  const options = { signal: controller.signal, onProgress, concurrency: 1 };
  await expect(lab.copyFile(source, server.file('large'), options)).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
  expect(existsSync(join(lab.root, 'large'))).toBe(false);
  const { bytesSent } = await lab.copyFile(source, server.file('large'));
  expect(bytesSent).toBeLessThan(0.6 * content.length);
  expect(readFileSync(join(lab.root, 'large')).equals(content)).toBe(true);
  expect(readdirSync(lab.root).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('the command that is interrupted ends with 130', async () => {
  const source = lab.put(lab.here, 'large', noise(4 * 1024 * 1024, 32));
  const server = await lab.serve('--allow-write');
  const run = lab.start(['copy', '--bwlimit', '1M', source, server.file('slow')]);
  const code = new Promise<number | null>((resolve) => run.once('close', resolve));
  // Once the draft is there, the copy is under way.
  while (!readdirSync(lab.root).some((name) => name.endsWith('.partial'))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  run.kill('SIGINT');
  expect(await code).toBe(130);
  expect(() => statSync(join(lab.root, 'slow'))).toThrow('ENOENT');
});
