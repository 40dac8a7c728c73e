/** The one message that google-protobuf, which ships no types, is asked for directly. */
declare module 'google-protobuf/google/protobuf/timestamp_pb.js' {
  class Timestamp {
    static fromDate(date: Date): Timestamp;
  }
  const timestampPb: { readonly Timestamp: typeof Timestamp };
  export default timestampPb;
}
