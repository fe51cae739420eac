/**
 * What most teams would build: NestJS + Fastify, an API key in Redis, one Postgres transaction that inserts the message and
 * updates the wallet row, and a BullMQ job. Kept honest: a connection pool, prepared statements, fsync on, no logging.
 *
 * Environment: PORT, DATABASE_URL, REDIS_URL, WALLET=transaction|statement, WORKER=on|off (updates each message's row).
 */
import 'reflect-metadata';
import { BullModule } from '@nestjs/bullmq';
import { Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { ApiKeyGuard, MessagesController, MessagesService, PG, REDIS, type Settings, SETTINGS } from './messages';

const env = process.env;
const redisUrl = env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const pool = new Pool({ connectionString: env['DATABASE_URL'], max: 16 });
const settings: Settings = { wallet: env['WALLET'] === 'statement' ? 'statement' : 'transaction' };

@Module({
  imports: [BullModule.forRoot({ connection: { url: redisUrl } }), BullModule.registerQueue({ name: 'sms' })],
  controllers: [MessagesController],
  providers: [
    MessagesService,
    ApiKeyGuard,
    { provide: PG, useValue: pool },
    { provide: REDIS, useFactory: () => new Redis(redisUrl) },
    { provide: SETTINGS, useValue: settings },
  ],
})
class CrudModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create<NestFastifyApplication>(CrudModule, new FastifyAdapter(), { logger: ['error'] });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true, forbidNonWhitelisted: true }));
  if (env['WORKER'] === 'on') {
    new Worker<{ id: string }>(
      'sms',
      async (job) => {
        await pool.query({
          name: 'sent',
          text: `UPDATE messages SET status = 'sent', updated_at = now() WHERE id = $1`,
          values: [job.data.id],
        });
      },
      { connection: { url: redisUrl, maxRetriesPerRequest: null }, concurrency: 32 },
    );
  }
  await app.listen(Number(env['PORT'] ?? 3100), '127.0.0.1');
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
