// SPDX-License-Identifier: Apache-2.0
#include "CCrypto.h"
#include "CLoading.h"

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#define LIBRARY "libcrypto.so." TEXT(OPENSSL_VERSION_MAJOR)
#else
#define LIBRARY "libcrypto.so.1.1"
#endif

MG_LOADING_NOTE(
    "[{\"feature\":\"digests\",\"description\":\"checksums of what is fetched\",\"priority\":\"required\","
    "\"soname\":[\"" LIBRARY "\"]}]");

static const char *const names[] = {LIBRARY, NULL};
static struct mg_library crypto = {names, NULL};

MG_FORWARD(&crypto, const EVP_MD *, EVP_md5, (void), ())
MG_FORWARD(&crypto, const EVP_MD *, EVP_sha256, (void), ())
MG_FORWARD(&crypto, const EVP_MD *, EVP_sha512, (void), ())
MG_FORWARD(&crypto, EVP_MD_CTX *, EVP_MD_CTX_new, (void), ())
MG_FORWARD(&crypto, void, EVP_MD_CTX_free, (EVP_MD_CTX *context), (context))
MG_FORWARD(
    &crypto, int, EVP_DigestInit_ex, (EVP_MD_CTX *context, const EVP_MD *type, ENGINE *engine),
    (context, type, engine))
MG_FORWARD(
    &crypto, int, EVP_DigestUpdate, (EVP_MD_CTX *context, const void *bytes, size_t size), (context, bytes, size))
MG_FORWARD(
    &crypto, int, EVP_DigestFinal_ex, (EVP_MD_CTX *context, unsigned char *digest, unsigned *size),
    (context, digest, size))
MG_FORWARD(
    &crypto, int, EVP_Digest,
    (const void *bytes, size_t size, unsigned char *digest, unsigned *length, const EVP_MD *type, ENGINE *engine),
    (bytes, size, digest, length, type, engine))
