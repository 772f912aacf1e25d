/** What only the built program has: worker threads, and a process that can be killed. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { expectInvariants, queryIndex, unknownPackFiles } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { drawer, noise, prose, testSeed } from '../../support/seed.js';
import { readTree, type Tree } from '../../support/tree.js';

const library = fileURLToPath(new URL('../../../dist/index.js', import.meta.url));
/** `npm test` builds first; `npx vitest run` alone may find nothing built. */
const isBuilt = fs.existsSync(library);

/** Runs `statements` in a process of its own, which kills itself at its n-th look at the machine. */
function inProcess(lab: Lab, statements: string, killAt = Infinity): SpawnSyncReturns<string> {
  const script = `
    import { backup, openPlatform, openRepository, prune, restore, verify } from ${JSON.stringify(library)};
    const machine = openPlatform();
    let looks = 0;
    const look = () => {
      if (++looks >= ${killAt}) process.kill(process.pid, 'SIGKILL');
    };
    const files = { ...machine.files };
    for (const name of ['write', 'sync', 'syncDirectory', 'open', 'close', 'rename', 'remove']) {
      files[name] = (...values) => (look(), machine.files[name](...values));
    }
    const clock = { nowMs: () => (look(), machine.clock.nowMs()) };
    const platform = { ...machine, files, clock, hostName: 'lab' };
    const path = ${JSON.stringify(lab.repository)};
    const repository = await openRepository(path, platform, { access: 'write' });
    const paths = [${JSON.stringify(lab.source)}];
    ${statements}
  `;
  const path = join(lab.directory, 'script.mjs');
  fs.writeFileSync(path, script);
  return spawnSync(process.execPath, [path], { encoding: 'utf8' });
}

const BACKUP = 'console.log((await backup(repository, { paths })).snapshot);';

function writeState(lab: Lab, state: number): void {
  for (let file = 0; file < 80; file += 1) {
    if ((file + state) % 3 === 0) lab.write(`d${file % 7}/f${file}`, prose(20 + state, file));
    else if (state === 0) lab.write(`d${file % 7}/f${file}`, noise(9000, file));
  }
  lab.write('large.bin', Buffer.concat([noise(700 * state, state), noise(900_000, 1)]));
}

describe.runIf(isBuilt)('with worker threads', () => {
  test('backup, verify, prune and restore do what they do without', async () => {
    const lab = createLab();
    const trees: Tree[] = [];
    for (const state of [0, 1, 2]) {
      writeState(lab, state);
      trees.push(readTree(lab.source));
      const { stdout, stderr } = inProcess(lab, BACKUP);
      expect({ stdout, stderr }).toEqual({ stdout: `${state + 1}\n`, stderr: '' });
    }
    const to = lab.newTarget();
    const { stdout, stderr } = inProcess(
      lab,
      `await prune(repository, { policy: { keepLast: 2 } });
       const { ok } = await verify(repository);
       const at = { type: 'snapshot', number: 2 };
       const { issues } = await restore(repository, { paths: [], at, to: '${to}' });
       console.log(ok, issues.length);`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'true 0\n', stderr: '' });
    expect(readTree(to)).toEqual(trees[1]);
    expect(await lab.treeAt(3)).toEqual(trees[2]);
    expectInvariants(lab.repository);
  });
});

describe.runIf(isBuilt)('a killed process', () => {
  test(`leaves the repository as if it had not run (seed ${testSeed})`, async () => {
    const lab = createLab();
    writeState(lab, 0);
    inProcess(lab, BACKUP);
    const before = readTree(lab.source);
    writeState(lab, 1);
    const draw = drawer(testSeed);
    let kills = 0;
    for (let round = 0; round < 8; round += 1) {
      const killAt = 1 + draw(round < 4 ? 12 : 40);
      const { signal } = inProcess(lab, BACKUP, killAt);
      if (signal === 'SIGKILL') kills += 1;
      const label = `killed at ${killAt}, seed ${testSeed}`;
      const { ok, damage } = await lab.verify();
      expect({ ok, damage }, label).toEqual({ ok: true, damage: [] });
      expect(await lab.treeAt(1), label).toEqual(before);
    }
    expect(kills).toBeGreaterThan(3);
    const { stdout, stderr } = inProcess(lab, BACKUP);
    expect(stderr).toBe('');
    expect(await lab.treeAt(Number(stdout))).toEqual(readTree(lab.source));
    await lab.expectSound();
    expectInvariants(lab.repository);
    expect(unknownPackFiles(lab.repository)).toEqual([]);
    const twice = 'SELECT hash FROM blob GROUP BY hash HAVING count(*) > 1';
    expect(queryIndex(lab.repository, twice)).toEqual([]);
  });
});
