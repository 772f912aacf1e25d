/** A target that something else writes to while a copy compares it: the copy ends, and says why. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openPlatform } from '../../../src/store.js';
import { createCopyLab } from '../../support/copy-lab.js';
import { noise } from '../../support/seed.js';
import { openFiles } from '../../support/varve-command.js';
import { tampered } from '../../support/tampering.js';

const lab = createCopyLab();
const old = noise(300_000, 1);
const content = Buffer.from(old).fill(1, 100_000, 120_000);

/** What the server, in this process, has open. */
const openBelowRoot = (): string[] =>
  openFiles(process.pid).filter((path) => path.startsWith(lab.root));

test.each([false, true])(
  'a file of a server, between its list and the first piece; in place: %s',
  async (isInPlace) => {
    const honest = await lab.serveWithin(openPlatform());
    const target = lab.put(lab.root, 'target', old);
    const source = lab.put(lab.here, 'source', content);
    const url = await tampered(honest, (path) => {
      if (path.startsWith('/v1/list')) appendFileSync(target, 'x');
      return undefined;
    });
    const copy = lab.copyFile(source, `${url}/target`, { isInPlace });
    await expect(copy).rejects.toMatchObject({ code: 'COPY_TARGET_CHANGED' });
    expect(readFileSync(target).equals(Buffer.concat([old, Buffer.from('x')]))).toBe(true);
    expect(openBelowRoot()).toEqual([]);
    // Nothing is locked: the next copy is made of what there is.
    await lab.copyFile(source, `${honest}/target`, { isInPlace });
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(openBelowRoot()).toEqual([]);
  },
);

test.each([false, true])(
  'a file of this machine, between its comparison and the first piece; in place: %s',
  async (isInPlace) => {
    const honest = await lab.serveWithin(openPlatform());
    lab.put(lab.root, 'source', content);
    const target = lab.put(lab.here, 'target', old);
    const url = await tampered(honest, (path) => {
      // The list comes before anything is begun here.
      if (path.startsWith('/v1/list')) writeFileSync(target, content.subarray(0, 1000));
      return undefined;
    });
    const copy = lab.copyFile(`${url}/source`, target, { isInPlace });
    const failure: unknown = await copy.catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: expect.stringMatching(/^COPY_(TARGET|SOURCE)_CHANGED$/) as string,
    });
    expect(readFileSync(target).equals(content.subarray(0, 1000))).toBe(true);
    await lab.copyFile(`${honest}/source`, target, { isInPlace });
    expect(readFileSync(target).equals(content)).toBe(true);
  },
);
