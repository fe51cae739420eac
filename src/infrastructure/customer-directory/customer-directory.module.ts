import { Global, Module } from '@nestjs/common';
import { API_KEY_MINT } from '../../application/ports/api-key-mint';
import { CUSTOMER_DIRECTORY } from '../../application/ports/customer-directory';
import { CUSTOMER_READS } from '../../application/ports/customer-reads';
import { READ_SIDE_STATUS } from '../../application/ports/read-side-status';
import { FollowedCustomers } from './followed-customers';
import { RandomApiKeyMint } from './random-api-key-mint';

/** Customers in memory, kept current from the log; and the making of keys. */
@Global()
@Module({
  providers: [
    FollowedCustomers,
    { provide: CUSTOMER_DIRECTORY, useExisting: FollowedCustomers },
    { provide: CUSTOMER_READS, useExisting: FollowedCustomers },
    { provide: READ_SIDE_STATUS, useExisting: FollowedCustomers },
    { provide: API_KEY_MINT, useClass: RandomApiKeyMint },
  ],
  exports: [CUSTOMER_DIRECTORY, CUSTOMER_READS, READ_SIDE_STATUS, API_KEY_MINT],
})
export class CustomerDirectoryModule {}
