import { mediaTypeOf } from '../../../src/modules/blob/media-type.js'

it.each([
  ['\xff\xd8\xff\xe0\x00\x10JFIF', 'image/jpeg'],
  ['\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR', 'image/png'],
  ['GIF87a\x01\x00', 'image/gif'],
  ['GIF89a\x01\x00', 'image/gif'],
  ['RIFF\x10\x00\x00\x00WEBPVP8 ', 'image/webp'],
  ['\x00\x00\x00\x1cftypavif\x00\x00\x00\x00', 'image/avif'],
  ['\x00\x00\x00\x18ftypheic', 'image/heic'],
  ['\x00\x00\x00\x18ftypmif1', 'image/heif'],
  ['\x00\x00\x00\x18ftypisom', 'video/mp4'],
  ['\x00\x00\x00\x14ftypqt  ', 'video/quicktime'],
  ['\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm', 'video/webm'],
  ['\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska', 'video/x-matroska'],
  ['\x00\x00\x00\x18ftypM4A ', 'audio/mp4'],
  ['RIFF\x10\x00\x00\x00WAVEfmt ', 'audio/wav'],
  ['ID3\x04\x00', 'audio/mpeg'],
  ['OggS\x00\x02', 'audio/ogg'],
  ['fLaC\x00\x00\x00\x22', 'audio/flac'],
])('%j is %s', (head, type) => {
  expect(mediaTypeOf(Buffer.from(head, 'latin1'))).toBe(type)
})

it.each([
  '',
  '\xff\xd8',
  'GIF',
  'GIF90a',
  'RIFF\x10\x00\x00\x00AVI ',
  'ABCD\x10\x00\x00\x00WEBP',
  'x\x89PNG\r\n\x1a\n',
  '<!doctype html><script>',
  '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">',
  '<?xml version="1.0"?>',
  '\xef\xbb\xbf<html>',
  '%PDF-1.7',
  'MZ\x90\x00',
  'PK\x03\x04',
  'WEBVTT',
])('%j is of no type that is known', (head) => {
  expect(mediaTypeOf(Buffer.from(head, 'latin1'))).toBe('application/octet-stream')
})
