/** What continue-as-new carries of a queue. (Form: owner of the queue workflow.) */
export interface QueueCarried {
  readonly version: 1;
}
