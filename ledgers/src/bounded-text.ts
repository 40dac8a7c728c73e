/**
 * The text of an answer, read piece by piece; undefined as soon as it is longer than `maxBytes`, of which no more is then read.
 * Throws what the stream throws.
 */
export async function readBoundedText(
  response: Response,
  maxBytes: number,
): Promise<string | undefined> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let [text, length] = ['', 0];
  // Leaving the loop early cancels the stream.
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > maxBytes) return undefined;
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
