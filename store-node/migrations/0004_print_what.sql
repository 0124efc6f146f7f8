-- Whether a paper was printed before is looked up by what it is: not every paper belongs to an order.
CREATE INDEX print_job_by_what ON print_job (what, created_at, job);
