/** Collects the licences of the packages that a bundle takes in: their authors ask for it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** A plugin for rolldown that adds the names of all bundled packages to the set `into`. */
export function collectPackages(into) {
  return {
    name: 'collect-packages',
    generateBundle() {
      for (const id of this.getModuleIds()) {
        const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id) ?? [];
        if (name !== undefined) into.add(name);
      }
    },
  };
}

/** The licence texts of packages, and of `more`: lines of `[title, path of the text]`. */
export function licenceTexts(packages, more) {
  const texts = [...packages].sort().map((name) => {
    const directory = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const file = readdirSync(directory).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence text`);
    return [`${name} ${version} (${license})`, join(directory, file)];
  });
  return [...texts, ...more]
    .map(([title, path]) => `${title}\n${'='.repeat(title.length)}\n\n${textOf(path)}\n`)
    .join('\n');
}

function textOf(path) {
  if (!existsSync(path)) throw new Error(`${path} does not exist`);
  return readFileSync(path, 'utf8').trim();
}
