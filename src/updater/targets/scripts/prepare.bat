rem How the state folder is made, and kept from others. Stands behind server.bat, in the same file on a server.

:prepare
if not exist "!state!\" md "!state!" 2>nul
if not exist "!state!\" (
  echo @@refused !state!
  exit /b 1
)
set "refused="
call :rights
if defined rights call :close
if defined refused goto :prepare_refused
for %%n in (packages jobs history backups) do if not exist "!state!\%%n\" md "!state!\%%n"
for %%n in (packages jobs history backups) do if not exist "!state!\%%n\" echo @@refused !state!\%%n
if defined rights if not defined known call :own
if defined refused goto :prepare_refused
echo @@prepared
exit /b 0
:prepare_refused
echo @@refused !state!
type refused.txt
exit /b 1

rem Whether this session may do all that an administrator may: its level is high (12288) then, or that of the system (16384).
rem Full names, as the login shell may have programs of the same names.
:rights
set "rights="
"%SystemRoot%\System32\whoami.exe" /groups >groups.txt 2>nul <nul
for %%l in (12288 16384) do call :level %%l
exit /b 0
:level
"%SystemRoot%\System32\find.exe" "S-1-16-%1" <groups.txt >nul 2>nul
if not errorlevel 1 set "rights=1"
exit /b 0

rem What lies in the state folder runs as the system and holds settings: nobody but administrators may write or read it. Anybody
rem may have made it before us, and who owns a folder gives himself what rights he wants. The registry, where only administrators
rem write, says whether it is `known`: then nobody else has had a hand in it since.
:close
set "known="
reg query HKLM\SOFTWARE\vms-fleet /v "!state!" >nul 2>nul <nul
if not errorlevel 1 set "known=1"
set "place=!state!"
call :acl /setowner *S-1-5-32-544
if not defined known call :acl /reset
call :acl /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F
exit /b 0

rem What somebody has put into it before is taken from him. A link in it would lead to what is not ours to change.
:own
dir /s /b /adl "!state!" >links.txt 2>nul
for /f "usebackq delims=" %%l in ("links.txt") do set "refused=%%l"
if defined refused >refused.txt echo a link leads out of it: !refused!
if defined refused exit /b 0
set "place=!state!\*"
call :acl /setowner *S-1-5-32-544 /t /l /q
call :acl /reset /t /l /q
if not defined refused reg add HKLM\SOFTWARE\vms-fleet /v "!state!" /d closed /f >nul 2>nul <nul
exit /b 0

rem Has icacls do it with `place`, unless it has refused before; what it said is kept.
:acl
if defined refused exit /b 0
icacls "!place!" %* >nul 2>refused.txt <nul
if errorlevel 1 set "refused=1"
exit /b 0
