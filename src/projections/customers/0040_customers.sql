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

-- Every process holds all customers in memory to know whose key a request shows: before that there is no tenant.
ALTER TABLE customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY projected ON customers TO waht_projector USING (true) WITH CHECK (true);
CREATE POLICY directory ON customers FOR SELECT TO waht_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON customers, price_lists TO waht_projector;
GRANT SELECT ON customers, price_lists TO waht_worker;
