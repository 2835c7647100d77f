export { BlobSource } from './bytes/blob.js';
export { BlockCache, type BlockCacheOptions } from './bytes/block-cache.js';
export { createFile, openFile } from './bytes/file.js';
export { FileSource } from './bytes/file-source.js';
export { FileSink } from './bytes/file-sink.js';
export { HttpSource, type HttpSourceOptions } from './bytes/http.js';
export { MemorySink, MemorySource } from './bytes/memory.js';
export { PipeSink, PipeSource } from './bytes/pipe.js';
export type { ByteSink } from './bytes/sink.js';
export { readExactly, type ByteSource, type ReadOptions } from './bytes/source.js';
export { decodeText, encodeText } from './bytes/text.js';
export type { CopyOptions } from './bytes/writer.js';
export { describeItem as describeCkptItem } from './ckpt/read/describe.js';
export type { StreamItem as CkptItem } from './ckpt/read/item.js';
export {
  derive as deriveCkptRevision,
  REVISIONS as CKPT_REVISIONS,
  type CkptRevision,
} from './ckpt/tables/revision.js';
export { walkRecords as walkCkptRecords } from './ckpt/read/walker.js';
export { describeItem as describeCrItem } from './cr/read/describe.js';
export type { StreamItem as CrItem } from './cr/read/item.js';
export { derive as deriveCrRevision, REVISIONS as CR_REVISIONS, type CrRevision } from './cr/tables/revision.js';
export type { ReadImageOptions } from './model/read-options.js';
export { walkRecords as walkCrRecords } from './cr/read/walker.js';
export {
  CAPTURE_CODES,
  CaptureError,
  CritError,
  FORMAT_CODES,
  FormatError,
  IO_CODES,
  IoError,
  USAGE_CODES,
  UsageError,
  type At,
  type CaptureCode,
  type ErrorCode,
  type FormatCode,
  type IoCode,
  type UsageCode,
} from './errors.js';
export type { JsonValue } from './layout/unit.js';
export { decodeDescriptor, decodeDescriptors, encodeDescriptor, type SegmentDescriptor } from './model/descriptor.js';
export type {
  AddressSpace,
  FileDescriptor,
  FileType,
  Image,
  ImageFormat,
  ImageHeader,
  KernelVersion,
  LeftOut,
  Loss,
  MmAddresses,
  Note,
  OpenFile,
  Task,
  Thread,
  Vma,
  OpenFileState,
} from './model/image.js';
export {
  KERNEL_SECTIONS,
  type KernelFields,
  type KernelItem,
  type KernelMemory,
  type KernelObject,
  type KernelRecord,
  type KernelSection,
  type KernelState,
} from './model/kernel-state.js';
export type { SharedMemory } from './model/shared-memory.js';
export { PAGE_BYTES, vaddrOf, vpnOf } from './model/page.js';
export { PageRunsBuilder, firstRunFrom, type PageRuns } from './model/page-runs.js';
export type { RegisterName, Registers } from './model/registers.js';
export { VM_FLAGS, hasFlag, pageProtection, permissionText } from './model/vm-flags.js';
export {
  VMA_KINDS,
  kindOfVma,
  type AbsentPage,
  type Contents,
  type HeapAndStack,
  type LiveFacts,
  type VmaFacts,
  type VmaKind,
} from './model/vma-kind.js';
export type { Probe } from './model/probe.js';
export type { RecordDescription } from './layout/record.js';
export {
  DEFAULT_WRITER,
  WRITER_NAMES,
  probe,
  readImage,
  readRecords,
  reencode,
  writerFor,
  writerOf,
  type KnownRevisions,
  type ReadFormatOptions,
  type Writer,
} from './registry.js';
export { INLINE_CREW } from './bytes/inline-crew.js';
export type { BulkTask, Crew, CrewOptions, Kernel, ReadPlan } from './bytes/crew.js';
export { findIndex, readIndex, type StoredIndex } from './image-index/read-index.js';
export { encodeIndex, type IndexFacts } from './image-index/write-index.js';
export { memoryMapOf, type MappedArea, type MappedSpace, type MemoryMap } from './model/memory-map.js';
export type { PageTable, RunBlock } from './model/page-table.js';
export type { ChunkDigests } from './model/chunk-digests.js';
