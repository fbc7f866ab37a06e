/* For trying the packages under Wine 8 only, which lacks this DLL of Windows: random bytes from
   the function that Wine has. Never part of a package. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
    return SystemFunction036(buffer, (ULONG)length);
}
