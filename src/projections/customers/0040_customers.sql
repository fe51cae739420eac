-- What each customer and each price list is now: the folded state as JSON, and the revision of its stream it stands for.
CREATE TABLE customers (
  customer_id text PRIMARY KEY,
  revision bigint NOT NULL,
  state jsonb NOT NULL
);

CREATE TABLE price_lists (
  price_list_id text PRIMARY KEY,
  revision bigint NOT NULL,
  state jsonb NOT NULL
);
