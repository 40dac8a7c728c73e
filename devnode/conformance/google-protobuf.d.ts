/** The one message that google-protobuf, which ships no types, is asked for directly. */
declare module 'google-protobuf/google/protobuf/timestamp_pb.js' {
  const timestampPb: { readonly Timestamp: { fromDate(date: Date): object } };
  export default timestampPb;
}
