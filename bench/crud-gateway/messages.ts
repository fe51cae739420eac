import { InjectQueue } from '@nestjs/bullmq';
import {
  Body,
  type CanActivate,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  HttpException,
  Inject,
  Injectable,
  Post,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import type { Queue } from 'bullmq';
import { IsIn, IsNotEmpty, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import type { Redis } from 'ioredis';
import { createHash, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';

export const PG = Symbol('pg');
export const REDIS = Symbol('redis');
export const SETTINGS = Symbol('settings');

/** `transaction`: insert and update in one transaction. `statement`: the same in one statement, the best a careful team does. */
export interface Settings {
  readonly wallet: 'transaction' | 'statement';
}

export class SendMessageDto {
  @IsString()
  @Matches(/^\+[1-9]\d{6,14}$/)
  to!: string;

  @IsIn(['sms'])
  channel!: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(1600)
  body!: string;

  @IsOptional()
  @IsString()
  @Length(3, 11)
  sender_id?: string;
}

interface Account {
  readonly id: string;
}

@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(@Inject(REDIS) private readonly redis: Redis) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; account?: Account }>();
    const key = request.headers['authorization']?.replace(/^Bearer /, '');
    if (!key) throw new UnauthorizedException();
    const record = await this.redis.hgetall(`apikey:${createHash('sha256').update(key).digest('hex')}`);
    if (!record['account']) throw new UnauthorizedException();
    request.account = { id: record['account'] };
    return true;
  }
}

const CurrentAccount = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<{ account: Account }>().account,
);

const PRICE = 8000;
const INSERT = `INSERT INTO messages (id, account_id, recipient, sender, body, channel, status, price)
                VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7)`;
const CHARGE = 'UPDATE wallets SET balance = balance - $1 WHERE account_id = $2 AND balance >= $1 RETURNING balance';
const BOTH = `WITH charged AS (UPDATE wallets SET balance = balance - $7 WHERE account_id = $2 AND balance >= $7 RETURNING account_id)
              INSERT INTO messages (id, account_id, recipient, sender, body, channel, status, price)
              SELECT $1, $2, $3, $4, $5, $6, 'queued', $7 FROM charged RETURNING id`;

@Injectable()
export class MessagesService {
  constructor(
    @Inject(PG) private readonly pg: Pool,
    @Inject(SETTINGS) private readonly settings: Settings,
    @InjectQueue('sms') private readonly queue: Queue,
  ) {}

  async send(account: Account, dto: SendMessageDto): Promise<object> {
    const id = randomUUID();
    const values = [id, account.id, dto.to, dto.sender_id ?? 'WAHT', dto.body, dto.channel, PRICE];
    if (this.settings.wallet === 'statement') {
      const result = await this.pg.query({ name: 'both', text: BOTH, values });
      if (result.rowCount === 0) throw new HttpException('insufficient balance', 402);
    } else {
      await this.inTransaction(account, values);
    }
    await this.queue.add(
      'send',
      { id, account: account.id, ...dto },
      { attempts: 5, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true, removeOnFail: 1000 },
    );
    return { message_id: id, status: 'queued' };
  }

  private async inTransaction(account: Account, values: unknown[]): Promise<void> {
    const client = await this.pg.connect();
    try {
      await client.query('BEGIN');
      await client.query({ name: 'insert', text: INSERT, values });
      const charged = await client.query({ name: 'charge', text: CHARGE, values: [PRICE, account.id] });
      if (charged.rowCount === 0) throw new HttpException('insufficient balance', 402);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

@Controller('v1/messages')
@UseGuards(ApiKeyGuard)
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Post()
  @HttpCode(202)
  send(@CurrentAccount() account: Account, @Body() dto: SendMessageDto): Promise<object> {
    return this.messages.send(account, dto);
  }
}
