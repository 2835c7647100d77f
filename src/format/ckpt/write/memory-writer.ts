import { writeElsewhere } from '../../linux-cr/extension-write.js';
import { LDT_ENTRY_BYTES } from '../../linux-cr/segments.js';
import { addressesOf, type AddressSpace, type Vma } from '../../model/image.js';
import { auxvLayout } from '../tables/auxv.js';
import { writeChunks } from './chunk-writer.js';
import { writeFile } from './files-writer.js';
import { vmaTypeNumber, vmaTypeOf } from './vma-types.js';
import type { WriteContext } from './write-context.js';

/** `[ obj(MM) ]`; returns its number. Source: spec/cr-stream.md 8.8 to 8.10, 10. */
export async function writeMm(context: WriteContext, mm: AddressSpace, path: string): Promise<number> {
  const { writer, spaces } = context;
  const id = mm.id ?? 0;
  if (spaces.has(mm)) return id;
  spaces.add(mm);
  writer.object('MM', id);
  const exe_objref = mm.exe ? await writeFile(context, mm.exe, `${path}.exe`) : 0;
  const addresses = addressesOf(mm);
  const flags = { def_flags: mm.def_flags ?? 0n, flags: mm.flags ?? 0n };
  writer.struct('MM', { ...addresses, ...flags, map_count: mm.vmas.length, exe_objref });
  if (mm.auxv) writer.elements('BUFFER', auxvLayout(writer.revision, writer.wordBytes), auxvWords(context, mm.auxv));
  for (const [i, vma] of mm.vmas.entries()) await writeVma(context, vma, mm, `${path}.vma[${String(i)}]`);
  const nldt = mm.ldt.length / LDT_ENTRY_BYTES;
  writer.struct('MM_CONTEXT', { vdso: mm.vdso ?? 0n, ldt_entry_size: LDT_ENTRY_BYTES, nldt });
  writer.bytes('MM_CONTEXT_LDT', mm.ldt);
  return id;
}

function auxvWords({ writer }: WriteContext, auxv: readonly bigint[]): readonly { readonly word: bigint | number }[] {
  const isBigint = auxvLayout(writer.revision, writer.wordBytes).fields[0]?.type.kind === 'u64';
  return auxv.map((word) => ({ word: isBigint ? word : Number(word) }));
}

async function writeVma(context: WriteContext, vma: Vma, mm: AddressSpace, path: string): Promise<void> {
  const { writer, contents, memory, segments } = context;
  const { shared, file, fileBytes, vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff } = vma;
  const vma_objref = file ? await writeFile(context, file, `${path}.file`) : 0;
  const isThere = shared !== undefined && memory.has(shared);
  const { type } = vmaTypeOf(vma, mm, (object) => segments.has(object));
  const backing = { vma_objref, ino_objref: shared?.id ?? 0, ino_size: fileBytes ?? 0n };
  const area = { vm_start, vm_end, vm_page_prot, vm_flags, vm_pgoff, hugetlb_shift: vma.hugetlb_shift ?? 0 };
  writer.struct('VMA', { vma_type: vmaTypeNumber(type, isThere), ...backing, ...area });
  if (type === 'ANON' || type === 'FILE') {
    writeElsewhere(writer, { parentPages: vma.parentPages, uncaptured: vma.uncaptured });
    await writeChunks(writer, vma.pages, contents, 'addresses');
  } else if (type === 'SHM_ANON' && shared && !isThere) {
    memory.add(shared);
    writeElsewhere(writer, shared);
    await writeChunks(writer, shared.pages, contents, 'indices');
  }
  await writer.out.settle();
}
