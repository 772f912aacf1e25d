import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addGlobalOptions } from '../../../src/cli/global-options.js';
import { addStreamOptions, streamOption, type StreamFlags } from '../../../src/cli/parse/stream.js';

function parse(...args: string[]) {
  const command = new Command().argument('[path...]').option('--read-all').option('--tag <tag>');
  addStreamOptions(command);
  addGlobalOptions(command);
  command.parse(args, { from: 'user' });
  return streamOption(command.opts<StreamFlags>(), command);
}

test('paths are no stream', async () => {
  expect(await parse('a', 'b', '--read-all')).toBeUndefined();
});

test('a command is what stands behind two dashes, its options with it', async () => {
  const found = await parse('--command', 'db.sql', '--tag', 'x', '--json', '--', 'dump', '--all');
  expect(found).toMatchObject({ name: 'db.sql', stream: { isProvedByEnd: true } });
});

test.each([
  [['--stdin', 'a'], '--stdin cannot be combined with paths.'],
  [['--stdin-name', 'a'], '--stdin-name requires --stdin.'],
  [['--command', 'a'], '--command needs a command to run.'],
  [['--stdin', '--command', 'a', '--', 'b'], '--stdin and --command cannot be combined.'],
  [['--stdin', '--read-all'], '--read-all applies to files, not to a stream.'],
])('%j is refused', async (args, message) => {
  await expect(parse(...args)).rejects.toMatchObject({ code: 'USAGE', message });
});
