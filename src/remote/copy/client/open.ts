/** Asks a server for a file, and learns what kind of server it is. */
import { hashOfEntries, type HashList } from '../hashing/hash-list.js';
import { parseJson } from '../../transport/json.js';
import { decodeFilename, encodeFilename } from '../../transport/filename.js';
import { isVarve, type Connection } from '../../transport/client/connection.js';
import { PdiffcopyFile, sizeOf } from './pdiffcopy-file.js';
import { decodeInfo, RemoteFile } from './remote-file.js';

/**
 * `own` is the list of the file on this side, where it is known: the server says whether it knows
 * the same of its file.
 * @throws CodedError REMOTE_PROTOCOL, REMOTE_REFUSED, REMOTE_UNREACHABLE
 */
export async function openRemoteFile(
  connection: Connection,
  own: HashList | undefined,
): Promise<RemoteFile | PdiffcopyFile> {
  const { url } = connection;
  const name = decodeFilename(url.pathname, 'path');
  const answer = await connection.send({
    method: 'GET',
    path: `/info?filename=${encodeFilename(name)}${own ? `&${listQuery(own)}` : ''}`,
  });
  const status = answer.statusCode ?? 0;
  const text = await connection.text(answer);
  if (status !== 200 && status !== 404) throw connection.failureOf({ status, body: text });
  if (isVarve(answer)) {
    const info = decodeInfo(parseJson(text));
    const isEqual = info.isEqual && own !== undefined && own.sizeBytes === info.old?.sizeBytes;
    return new RemoteFile(connection, name, { ...info, isEqual });
  }
  return new PdiffcopyFile(connection, name, status === 404 ? undefined : sizeOf(text));
}

const listQuery = ({ entries, blockBytes, method }: HashList): string =>
  `list=${hashOfEntries(entries).toString('hex')}&block_size=${blockBytes}&method=${method}`;
