/** What the person sees and how: the open stop, the theme, the drawer. Kept over reloads in localStorage by zustand. */
import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export type Stop = 'data' | 'model' | 'train' | 'compare' | 'align' | 'export';
export type Theme = 'system' | 'light' | 'dark';
export type Sheet = 'runs' | 'requests' | 'device' | 'proof' | null;

export interface SettingsState {
  stop: Stop;
  theme: Theme;
  sheet: Sheet;
  /** Weight of the past in the smoothed loss curve, 0 to 0.99. */
  smoothing: number;
  lossScale: 'linear' | 'log';
  isAdvanced: boolean;
}

export const useSettings = create<SettingsState>()(
  persist(
    (): SettingsState => ({
      stop: 'data',
      theme: 'system',
      sheet: null,
      smoothing: 0.6,
      lossScale: 'linear',
      isAdvanced: false,
    }),
    {
      name: 'graft-settings',
      version: 1,
      partialize: ({ sheet: _sheet, ...kept }: SettingsState): Omit<SettingsState, 'sheet'> => kept,
    },
  ),
);

export const goTo = (stop: Stop): void => {
  useSettings.setState({ stop });
};
export const setTheme = (theme: Theme): void => {
  useSettings.setState({ theme });
};
export const openSheet = (sheet: Sheet): void => {
  useSettings.setState({ sheet });
};
export const setSmoothing = (smoothing: number): void => {
  useSettings.setState({ smoothing });
};
export const setLossScale = (lossScale: 'linear' | 'log'): void => {
  useSettings.setState({ lossScale });
};
export const setAdvanced = (isAdvanced: boolean): void => {
  useSettings.setState({ isAdvanced });
};
