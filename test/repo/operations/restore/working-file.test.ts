/** A large file under the hand: what an earlier restore left of it, and what must not be replaced. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { temporaryName } from '../../../../src/repo/tree/relative-path.js';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';

const content = noise(40_000, 1);

/** A target in which a large file is missing one piece, and its name. */
async function prepare() {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('large', content);
  await lab.backup();
  const to = lab.newTarget();
  fs.mkdirSync(to);
  const unfinished = Buffer.from(content);
  unfinished.fill(0, 30_000, 30_100);
  return { lab, to, path: join(to, 'large'), unfinished };
}

describe('what an earlier restore left of a large file', () => {
  test.each(['if-changed', 'if-newer'] as const)('is taken up (%s)', async (overwrite) => {
    const { lab, to, path, unfinished } = await prepare();
    const left = join(to, temporaryName(bytesFromText('large')));
    fs.writeFileSync(left, unfinished);
    const { bytesWritten, issues } = await lab.restoreInPlace(1, { overwrite }, { to });
    expect(issues).toEqual([]);
    expect(bytesWritten).toBeGreaterThan(0);
    expect(bytesWritten).toBeLessThan(8192);
    expect(fs.readFileSync(path).equals(content)).toBe(true);
    expect(fs.readdirSync(to)).toEqual(['large']);
  });
});

test.each(['EPERM', 'EACCES', 'ETXTBSY'])(
  'a large file that cannot be opened (%s) is replaced, unless it is immutable',
  async (code) => {
    const { lab, to, path, unfinished } = await prepare();
    fs.writeFileSync(path, unfinished);
    const { ino } = fs.statSync(path);
    const { files } = lab.platform;
    lab.useFiles({
      ...files,
      at: {
        ...files.at,
        open(directory, name, mode) {
          if (name !== 'large' || mode !== 'update-file') {
            return files.at.open(directory, name, mode);
          }
          throw Object.assign(new Error(`${code}: injected`), { code });
        },
      },
    });
    const { issues } = await lab.restoreInPlace(1, { overwrite: 'always' }, { to });
    const isKept = code === 'EPERM';
    expect(issues.map((issue) => issue.code)).toEqual(isKept ? ['NOT_RESTORED'] : []);
    expect(fs.statSync(path).ino === ino).toBe(isKept);
    expect(fs.readFileSync(path).equals(isKept ? unfinished : content)).toBe(true);
    expect(fs.readdirSync(to)).toEqual(['large']);
  },
);
