/**
 * Ends each member of a packed segment: a skippable frame of zstd, which every reader passes over. Where a member is damaged,
 * reading goes on behind the next of these.
 */
export const memberEnd = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 8, 0, 0, 0]), Buffer.from('oomloop\n')])
