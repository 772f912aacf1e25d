/** Runs the built command line on a real terminal of a given width, which Python's `pty` makes. */
import { spawn } from 'node:child_process';
import { finished, type Run } from './varve-command.js';
import { builtProgram } from './installation.js';
import { needPrograms } from './machine.js';

export interface TerminalOptions {
  readonly columns?: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Types Ctrl-C once this has been written. */
  readonly interruptAfter?: string;
  /** The program; `varve` where nothing is said. */
  readonly command?: readonly string[];
}

/** What came out of the terminal, and how the program ended. The test is skipped without Python. */
export function onTerminal(args: readonly string[], options: TerminalOptions): Promise<Run> {
  needPrograms('python3');
  const { columns = 80, cwd, env, interruptAfter = '' } = options;
  const command = options.command ?? [process.execPath, builtProgram];
  const child = spawn(
    'python3',
    ['-c', SCRIPT, String(columns), interruptAfter, ...command, ...args],
    { cwd, env: { PATH: process.env['PATH'], TERM: 'xterm', TZ: 'UTC', ...env } },
  );
  return finished(child);
}

/** The lines that are left on the screen of a terminal, without colours. */
export function screenOf(written: string): string[] {
  // eslint-disable-next-line no-control-regex
  const lines = written.replace(/\x1b\[[\d;]*m/g, '').split('\n');
  return lines.map((line) => {
    const visible = line.replace(/\r+$/, '');
    // Every line of progress begins by clearing what was there.
    const [last = ''] = visible.split('\r\x1b[K').slice(-1);
    return last;
  });
}

const SCRIPT = `
import fcntl, os, pty, struct, sys, termios
columns, marker, command = int(sys.argv[1]), os.fsencode(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    if marker:
        # Ctrl-C is to come before the end, however much else the machine does.
        os.nice(19)
    os.execvp(command[0], command)
written = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    written += piece
    if marker and marker in written:
        os.write(terminal, b"\\x03")
        marker = b""
sys.stdout.buffer.write(written)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
