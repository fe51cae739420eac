CREATE TABLE wallets (account_id text PRIMARY KEY, balance bigint NOT NULL);
CREATE TABLE messages (
  id uuid PRIMARY KEY,
  account_id text NOT NULL,
  recipient text NOT NULL,
  sender text NOT NULL,
  body text NOT NULL,
  channel text NOT NULL,
  status text NOT NULL,
  price bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_by_account ON messages (account_id, created_at DESC);
