// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { faultOf, formatNumber, NumberField, parseNumber } from './NumberField.tsx';

afterEach(cleanup);

describe('number field', () => {
  it.each([
    ['1e-3', 0.001],
    [' 12 ', 12],
    ['0,5', 0.5],
    ['', NaN],
    ['1.2.3', NaN],
  ])('reads %j', (text, expected) => {
    expect(parseNumber(text)).toBe(expected);
  });

  it('writes small numbers as people do', () => {
    expect(formatNumber(0.00003)).toBe('3e-5');
    expect(formatNumber(0.05)).toBe('0.05');
  });

  it('knows whole numbers', () => {
    expect(faultOf('2.5', 1, 9, true)).toBe('Write a whole number.');
    expect(faultOf('2', 1, 9, true)).toBeUndefined();
  });

  it('keeps what is typed and hands on only usable numbers', () => {
    const onChange = vi.fn<(value: number) => void>();
    render(<NumberField label="Learning rate" value={0.1} min={0} max={1} onChange={onChange} />);
    const field = screen.getByLabelText('Learning rate');
    fireEvent.change(field, { target: { value: '1e-' } });
    expect(field).toHaveProperty('value', '1e-');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText('"1e-" is not a number.')).toBeDefined();
    expect(onChange).not.toHaveBeenCalled();
    fireEvent.change(field, { target: { value: '1e-2' } });
    expect(onChange).toHaveBeenCalledExactlyOnceWith(0.01);
    fireEvent.change(field, { target: { value: '7' } });
    expect(screen.getByText('At most 1.')).toBeDefined();
    expect(onChange).toHaveBeenCalledTimes(1);
    fireEvent.blur(field);
    expect(field, 'what is shown is what is used').toHaveProperty('value', '0.1');
  });
});
