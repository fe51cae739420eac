import { Pool } from 'undici';

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/**
 * Sends so many requests over so many connections, each as soon as the one before it on the connection is answered.
 * @returns how many seconds that took. @throws Error at the first answer that is not 200 or 202.
 */
export async function sendAll(
  url: string,
  connections: number,
  amount: number,
  request: (n: number) => Request,
): Promise<number> {
  const pool = new Pool(url, { connections, pipelining: 1 });
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < amount) {
      const { statusCode, body } = await pool.request(request(next++));
      const answer = await body.text();
      if (statusCode !== 202 && statusCode !== 200)
        throw new Error(`${url} refused a message: ${statusCode} ${answer}`);
    }
  };
  const start = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, sender));
    return (performance.now() - start) / 1000;
  } finally {
    await pool.close();
  }
}
