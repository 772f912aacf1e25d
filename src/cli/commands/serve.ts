/** `varve serve`: serves the files of a directory to `varve copy`. */
import { CodedError, escapeUnsafe, serve, type ServeOptions } from '../../store.js';
import { hashListDirectory } from '../cache-directory.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { parseListen } from '../parse/listen.js';
import { requireText } from '../parse/text.js';
import { optionValue, type Session } from '../session.js';
import { addJobsOption, jobsOption, type JobsFlag } from '../shared-options.js';
import { readToken } from '../token.js';

const DEFAULT_LISTEN = '127.0.0.1:8080';

interface ServeFlags extends JobsFlag {
  readonly root: string;
  readonly listen: string;
  readonly allowWrite?: boolean;
  readonly tokenFile?: string;
  readonly auth: boolean;
  readonly allowHost?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly compat?: string;
  readonly cache: boolean;
}

export const serveCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Serves the regular files below a directory to `varve copy` until interrupted. ' +
          'Symbolic links are not followed. By default, the server is reachable only from ' +
          'this machine, and read-only.',
      )
      .requiredOption('--root <dir>', 'the directory to serve; nothing outside it can be reached')
      .option(
        '-l, --listen <address>',
        'PORT, ADDRESS or ADDRESS:PORT, an IPv6 address in brackets',
        DEFAULT_LISTEN,
      )
      .option('--allow-write', 'also let clients write files')
      .option('--token-file <file>', 'require the token in this file (default: $VARVE_TOKEN)')
      .option('--no-auth', 'require no token: anyone who can reach the address gets in')
      .option('--allow-host <name...>', 'another name by which clients reach this machine')
      .option('--cert <file>', 'TLS certificate, PEM')
      .option('--key <file>', 'its key, PEM')
      .option('--compat <name>', 'pdiffcopy: also answer its clients')
      .option('--no-cache', 'keep no hash lists after the server ends');
    addJobsOption(command);
    addExamples(command, [
      ['varve serve --root /srv/images', 'to this machine, read-only'],
      ['varve serve --root /srv -l 0.0.0.0:8080 --token-file token --allow-write', 'to others'],
    ]);
  },

  async run(session, command) {
    const flags = command.opts<ServeFlags>();
    const signal = session.takeSignal();
    const server = await serve(session.platform, serveOptions(session, flags));
    session.notice(`Serving ${escapeUnsafe(flags.root)} at ${server.url}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await server.close();
    return ExitCode.interrupted;
  },
};

function serveOptions({ platform, env }: Session, flags: ServeFlags): ServeOptions {
  if (flags.compat !== undefined && flags.compat !== 'pdiffcopy') {
    throw new CodedError('USAGE', `--compat: "${flags.compat}" is unknown.`, {
      hint: 'The only choice is pdiffcopy.',
    });
  }
  return {
    ...optionValue('--listen', parseListen, flags.listen),
    root: flags.root,
    allowsWriting: flags.allowWrite ?? false,
    token: flags.auth ? readToken(platform, flags.tokenFile, env) : undefined,
    isOpen: !flags.auth,
    hosts: (flags.allowHost ?? []).map((host) => requireText('--allow-host', host)),
    isPdiffcopy: flags.compat === 'pdiffcopy',
    tls: readTls(platform, flags),
    jobs: jobsOption(flags).jobs ?? platform.coreCount,
    cacheDirectory: flags.cache ? hashListDirectory(env) : undefined,
  };
}

function readTls({ files }: Session['platform'], { cert, key }: ServeFlags): ServeOptions['tls'] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) {
    return { cert: files.readFile(cert), key: files.readFile(key) };
  }
  throw new CodedError('USAGE', '--cert and --key must be given together.', {
    hint: 'Add the other one.',
  });
}
