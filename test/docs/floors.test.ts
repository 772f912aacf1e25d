/** The table of floors in docs/architecture.md is the one that the linter enforces. */
import { describe, expect, test } from 'vitest';
import { differences, floorsOfTable, floorsOfZones, type Zone } from './floors.js';
import { readPage, root } from './pages.js';

interface LinterPart {
  readonly rules?: Readonly<Record<string, unknown>>;
}

/** The zones of the linter's configuration, as it is loaded by the linter. */
async function loadZones(): Promise<readonly Zone[]> {
  const { default: parts } = (await import(`${root}eslint.config.js`)) as { default: LinterPart[] };
  const rules = parts.flatMap(({ rules }) => rules?.['import-x/no-restricted-paths'] ?? []);
  const options = rules.filter((rule) => typeof rule === 'object') as { zones: Zone[] }[];
  return options.flatMap(({ zones }) => zones);
}

test('every floor is in both, and may import the same', async () => {
  const zones = await loadZones();
  expect(zones.length).toBeGreaterThan(8);
  const page = floorsOfTable(readPage('docs/architecture.md'));
  expect(differences(page, floorsOfZones(zones))).toEqual([]);
});

describe('a page and a linter', () => {
  const page = `
| folder               | may import                     | holds |
| -------------------- | ------------------------------ | ----- |
| \`src/cli/\`           | \`src/store.ts\`, errors         | words |
| \`src/store.ts\`       | anything                       | all   |
| \`src/repo/packs/\`    | types of model, errors         | packs |
| \`src/repo/model.ts\`  | nothing                        | data  |
| \`src/errors.ts\`      | nothing                        | codes |
`;
  const zones = [
    { target: './src/cli', except: ['./cli', './errors.ts', './store.ts'] },
    { target: './src/repo/packs', except: ['./repo/packs', './errors.ts', './repo/model.ts'] },
    { target: './src/repo/model.ts', except: ['./repo/model.ts'] },
    { target: './src/errors.ts', except: ['./errors.ts'] },
  ];
  const compare = (text: string, all: readonly Zone[]): string[] =>
    differences(floorsOfTable(text), floorsOfZones(all));

  test('agree whatever the order and the way of naming', () => {
    expect(compare(page, zones)).toEqual([]);
  });

  test('differ when a cell of the page is changed alone', () => {
    expect(compare(page.replace('types of model, errors', 'errors'), zones)).toEqual([
      'repo/packs: the page says errors.ts; the linter allows errors.ts, repo/model.ts',
    ]);
  });

  test('differ when the linter allows one more', () => {
    const [cli, ...others] = zones;
    const more = { target: './src/cli', except: [...(cli?.except ?? []), './repo/packs'] };
    expect(compare(page, [more, ...others])).toEqual([
      'cli: the page says errors.ts, store.ts; the linter allows errors.ts, repo/packs, store.ts',
    ]);
  });

  test('differ when either lacks a floor', () => {
    expect(compare(page.replace(/.*errors.ts.*\n/, ''), zones)).toContain(
      'errors.ts: no row; the linter allows ',
    );
    expect(compare(page, zones.slice(0, 3))).toEqual(['errors.ts: not known to the linter']);
  });
});
