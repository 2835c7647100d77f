export { changedBytes } from './changed-bytes.js';
export type { ChangedBytes } from './changed-bytes.js';
export { describeCapture } from './describe-capture.js';
export type { CaptureDescription, PlainFact } from './describe-capture.js';
export { describeChain } from './describe-chain.js';
export type { ChainDescription, ChainFacts, LayerDescription } from './describe-chain.js';
export { describeImage } from './describe.js';
export type { DescribeOptions, ImageDescription } from './describe.js';
export { describeDiff } from './describe-diff.js';
export type {
  DescribeDiffOptions,
  FileDiffDescription,
  ImageDiffDescription,
  StateRunDescription,
  TaskDiffDescription,
  ThreadDiffDescription,
  VmaDiffDescription,
  VmaSide,
} from './describe-diff.js';
export type { FormatDescription, HeaderDescription } from './describe-header.js';
export type { FileDescription, OpenFileDescription, OpenFileStateDescription } from './describe-file.js';
export type { KernelItemDescription, KernelStateDescription } from './describe-kernel.js';
export type { MemoryUser, SharedMemoryDescription } from './describe-shared-memory.js';
export type {
  AuxvDescription,
  DescriptorDescription,
  MmDescription,
  TaskDescription,
  ThreadDescription,
} from './describe-task.js';
export type { PagePlaces, RunDescription, VmaDescription } from './describe-vma.js';
export { compareDigests } from './digest/compare.js';
export type { DigestDifference } from './digest/compare.js';
export { digestImage } from './digest/digest.js';
export type { ImageDigest, PartDigest, SpaceDigest, TaskDigest, VmaDigest } from './digest/digest.js';
export type { DigestOptions } from './digest/page-hasher.js';
export { diffImages, isTaskDifferent, isVmaDifferent } from './diff.js';
export type { DiffOptions, ImageDiff, TaskDiff, VmaDiff } from './diff.js';
export type { FieldChange } from './field-change.js';
export type { FileDiff } from './file-diff.js';
export { PAGE_STATES } from './page-states.js';
export type { PageCounts, PageState, PageStateRuns } from './page-states.js';
export type { Presence, Sides } from './sides.js';
export type { ThreadDiff } from './thread-diff.js';
export { totalsOf } from './totals.js';
export type { ImageTotals, KindTotals, LargeVma } from './totals.js';
export type { Finding } from './finding.js';
export { verifyImage } from './verify.js';
export type { Checked, ReadImage, Verification } from './verify.js';
export { VMA_CHANGES } from './vma-relation.js';
export type { VmaChange, VmaRelation } from './vma-relation.js';
export type { Segment } from './vma-segment.js';
export { exactPattern, hexPattern, integerPattern, textPattern } from './search/bytes-pattern.js';
export type { IntegerOptions, TextOptions } from './search/bytes-pattern.js';
export { areaFilter } from './search/area-filter.js';
export { pointerPattern, regexPattern } from './search/pattern.js';
export type { RegexOptions, SearchPattern } from './search/pattern.js';
export { countMatches, searchMemory } from './search/search.js';
export type { CountOptions, Match, SearchOptions } from './search/search.js';
export type { AreaFilter, MemorySelection } from './search/selection.js';
export { stringsIn } from './search/strings.js';
export type { StringEncoding, StringMatch, StringsOptions } from './search/strings.js';
export { explainAddress } from './why.js';
export { findPlaces } from './why-places.js';
export { openSpaces, spaceOf, Space } from './space.js';
export type { PageStretch, ReadBytesOptions, ReadMemoryOptions } from './space.js';
export { parseAddress, parseRange } from './address-spec.js';
export type { AddressRange } from './address-spec.js';
export { checkChunkDigests, computeChunkDigests } from './chunk-digests.js';
export type { ByteRange } from './chunk-digests.js';
export type { VerifyOptions } from './verify.js';
export type { IndexedMemory } from './verify-index.js';
