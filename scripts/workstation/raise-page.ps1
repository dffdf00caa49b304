# Raises the window of the page when a grave hit waits: its title then begins with "!" and counts them, "! Hits (2)",
# whichever page it is.
#
# It sees titles of windows, which hold no plate; it has no account, no network, and the keyboard stays where it is. A window
# becomes "always on top" and at once ordinary again, which Windows lets any program of the same user do, while
# SetForegroundWindow is refused to whatever the user is not working with. For Windows PowerShell 5.1: workstation-guide.md.
param([ValidateRange(100, 10000)][int]$EveryMs = 500)
$ErrorActionPreference = 'Stop'
Add-Type -Namespace AlprEdge -Name Window -MemberDefinition @'
[DllImport("user32.dll")] public static extern bool IsIconic(IntPtr window);
[DllImport("user32.dll")] public static extern bool ShowWindowAsync(IntPtr window, int command);
[DllImport("user32.dll")] public static extern bool FlashWindow(IntPtr window, bool invert);
[DllImport("user32.dll")] public static extern bool SetWindowPos(IntPtr window, IntPtr after, int x, int y, int width, int height, uint flags);
'@
$showWithoutFocus = 4                       # SW_SHOWNOACTIVATE
$placeAlone = 0x13                          # SWP_NOSIZE, SWP_NOMOVE, SWP_NOACTIVATE
$onTop, $ordinary = [IntPtr]-1, [IntPtr]-2  # HWND_TOPMOST, HWND_NOTOPMOST
$raised = ''
while ($true) {
    $page = Get-Process -Name 'msedge', 'chrome' -ErrorAction SilentlyContinue |
        Where-Object { $_.MainWindowTitle -match '^! [A-Z][A-Za-z ]* \(\d+\)' } | Select-Object -First 1
    # The count and what follows it: whoever goes from page to page meanwhile has the window before them.
    $title = if ($page) { $page.MainWindowTitle -replace '^! [A-Za-z ]+ ', '' } else { '' }
    if ($title -and $title -ne $raised) {
        $window = $page.MainWindowHandle
        if ([AlprEdge.Window]::IsIconic($window)) { [void][AlprEdge.Window]::ShowWindowAsync($window, $showWithoutFocus) }
        foreach ($after in $onTop, $ordinary) {
            [void][AlprEdge.Window]::SetWindowPos($window, $after, 0, 0, 0, 0, $placeAlone)
        }
        [void][AlprEdge.Window]::FlashWindow($window, $true)
    }
    $raised = $title
    Start-Sleep -Milliseconds $EveryMs
}
