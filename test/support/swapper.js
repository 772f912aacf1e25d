/**
 * Swaps directories for symbolic links and back, in a process of its own:
 * `node swapper.js ROUNDS OUTSIDE DIRECTORY...`. Where a directory is not there, the round is not
 * counted. Ends when all rounds are done.
 */
import * as fs from 'node:fs';

const [rounds, outside, ...directories] = process.argv.slice(2);

/** Whether `directory` was a link for a moment. */
function swap(directory) {
  const away = `${directory}.away`;
  try {
    if (!fs.lstatSync(directory).isDirectory()) return false;
    fs.renameSync(directory, away);
    fs.symlinkSync(outside, directory);
    linger(directory);
    return true;
  } catch {
    // The restore was there first.
    return false;
  } finally {
    putBack(directory, away);
  }
}

/** Calls that take some time: the link is there about half of it. */
function linger(path) {
  for (let call = 0; call < 100; call += 1) fs.lstatSync(path, { throwIfNoEntry: false });
}

function putBack(directory, away) {
  try {
    if (fs.lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink())
      fs.unlinkSync(directory);
    fs.renameSync(away, directory);
  } catch {
    fs.rmSync(away, { recursive: true, force: true });
  }
}

let done = 0;
for (let turn = 0; done < Number(rounds); turn += 1) {
  const directory = directories[turn % directories.length];
  if (swap(directory)) done += 1;
  linger(directory);
}
console.log(done);
