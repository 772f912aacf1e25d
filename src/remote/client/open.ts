/** Asks a server for a file, and learns what kind of server it is. */
import { parseJson } from '../wire/documents.js';
import { decodeFilename, encodeFilename } from '../wire/filename.js';
import { failureOfAnswer } from './answers.js';
import { isVarve, type Connection } from './connection.js';
import { PdiffcopyFile, sizeOf } from './pdiffcopy-file.js';
import { decodeInfo, RemoteFile } from './remote-file.js';

/** @throws CodedError REMOTE_PROTOCOL, REMOTE_REFUSED, REMOTE_UNREACHABLE */
export async function openRemoteFile(connection: Connection): Promise<RemoteFile | PdiffcopyFile> {
  const { url } = connection;
  const name = decodeFilename(url.pathname, 'path');
  const answer = await connection.send({
    method: 'GET',
    path: `/info?filename=${encodeFilename(name)}`,
  });
  const status = answer.statusCode ?? 0;
  const text = await connection.text(answer);
  if (status !== 200 && status !== 404) throw failureOfAnswer(status, text, url);
  if (isVarve(answer)) return new RemoteFile(connection, name, decodeInfo(parseJson(text)));
  return new PdiffcopyFile(connection, name, status === 404 ? undefined : sizeOf(text));
}
