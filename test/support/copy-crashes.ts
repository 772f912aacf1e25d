/** Whole copies that are cut off at calls of the target's side: run by sample, and in full. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openPlatform, type CopyOptions } from '../../src/store.js';
import type { FileSystem } from '../../src/platform/files.js';
import type { CopyLab } from './copy-lab.js';
import { crashEverywhere, type Extent } from './disk/crash-loop.js';
import { useFiles } from './in-thread-workers.js';
import { noise } from './seed.js';

const platform = openPlatform();
const OLD = noise(150_000, 1);
const NEW = Buffer.concat([OLD.subarray(0, 40_000), noise(50_000, 2), OLD.subarray(70_000)]);

/** What is copied where, and what was there before. */
interface Copying {
  readonly lab: CopyLab;
  readonly source: string;
  readonly target: string;
  readonly options: Partial<CopyOptions>;
}

/** The target's side is on `files`: this one's of a copy that is local or pulled, else the server's. */
type Run = (copying: Copying, files: FileSystem) => Promise<unknown>;

const WAYS = {
  'on one machine': ({ lab, source, target, options }, files) =>
    lab.copyFile(source, target, options, { ...platform, files }),
  'from a server': async ({ lab, target, options }, files) => {
    const url = await lab.serveWithin(platform, { root: lab.here, jobs: 1 });
    await lab.copyFile(`${url}/source`, target, options, { ...platform, files });
  },
  'to a server': async ({ lab, source, target, options }, files) => {
    const root = join(target, '..');
    const url = await lab.serveWithin({ ...platform, files }, { root, jobs: 1 });
    await lab.copyFile(source, `${url}/target`, options);
  },
} satisfies Record<string, Run>;
type Way = keyof typeof WAYS;
type Where = 'beside' | 'in place' | 'new';

export const COPIES: readonly (readonly [Way, Where])[] = (Object.keys(WAYS) as Way[]).flatMap(
  (way) => (['beside', 'in place', 'new'] as const).map((where) => [way, where] as const),
);

/** Returns how many calls the copy makes. The caller puts `in-thread-workers.ts` in place of threads. */
export function crashCopy(lab: CopyLab, way: Way, where: Where, extent: Extent): Promise<number> {
  const root = join(fs.mkdtempSync(join(lab.root, 'disk-')), 'disk');
  fs.mkdirSync(root);
  const target = join(root, 'target');
  const source = lab.put(lab.here, 'source', NEW);
  if (where !== 'new') fs.writeFileSync(target, OLD);
  const options = { isInPlace: where === 'in place', jobs: 1 };
  const copy = (files: FileSystem): Promise<unknown> => {
    useFiles(files);
    return WAYS[way]({ lab, source, target, options }, files);
  };
  const story = {
    root,
    run: copy,
    async check({ label, isDone }: { readonly label: string; readonly isDone: boolean }) {
      const found = fs.existsSync(target) ? fs.readFileSync(target) : undefined;
      if (isDone) expect(found?.equals(NEW), label).toBe(true);
      const isOld = where === 'new' ? found === undefined : found?.equals(OLD);
      // In place, what is changed is the only copy.
      if (where !== 'in place') expect(isOld || found?.equals(NEW), label).toBe(true);
      await copy(platform.files);
      expect(fs.readFileSync(target).equals(NEW), label).toBe(true);
      expect(fs.readdirSync(root), label).toEqual(['target']);
    },
  };
  return crashEverywhere(story, extent);
}
