// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { useComparison } from '../../../state/comparison.ts';
import { PLAIN_DECODING } from '../../../state/decoding.ts';
import { DecodingControls } from './DecodingControls.tsx';

afterEach(() => {
  cleanup();
  useComparison.setState({ decoding: PLAIN_DECODING });
});

it('keeps what is set, and says in a line how answers are made', () => {
  render(<DecodingControls />);
  expect(screen.getByText('greedy, up to 64 tokens')).toBeTruthy();
  fireEvent.change(screen.getByLabelText('Beams'), { target: { value: '4' } });
  fireEvent.change(screen.getByLabelText('No repeated n-grams'), { target: { value: '3' } });
  fireEvent.change(screen.getByLabelText('Length penalty'), { target: { value: '-0.5' } });
  expect(useComparison.getState().decoding).toEqual({
    ...PLAIN_DECODING,
    numBeams: 4,
    noRepeatNgramSize: 3,
    lengthPenalty: -0.5,
  });
  expect(screen.getByText('4 beams, up to 64 tokens')).toBeTruthy();
});

it('does not take what decoding could not use', () => {
  render(<DecodingControls />);
  fireEvent.change(screen.getByLabelText('Beams'), { target: { value: '0' } });
  fireEvent.change(screen.getByLabelText('Repetition penalty'), { target: { value: '0' } });
  expect(useComparison.getState().decoding).toEqual(PLAIN_DECODING);
  expect(screen.getByText('At least 1.')).toBeTruthy();
});
