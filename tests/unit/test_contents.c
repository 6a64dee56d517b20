#include "slugs.h"
#include "sys/contents.h"
#include "sys/settle.h"

#include <errno.h>
#include <fcntl.h>

/* Packages enough for several pieces, a large file, links, programs and odd names. */
static void make_packages(const char *at)
{
	sh("p=%s/.slugbuild/python/lib/python3.11/site-packages && mkdir -p $p && cd $p && "
	   "for d in a a.b a-c zope; do mkdir $d; for i in 1 2 3 4; do seq $i 20000 >$d/$i.py; done; done && "
	   "seq 400000 >large && mkdir sub.dist-info sub && echo x >sub/x && echo y >'odd name' && "
	   "ln -s a/1.py link && echo run >run && chmod 700 run && : >empty && "
	   "printf x >\"$(printf 'new\\nline')\"",
	   at);
}

static struct sb_contents finished(const char *folder)
{
	SB_AUTO_CLOSE int dir = open_at(folder);
	struct sb_contents all = { 0 };
	struct sb_error err = { 0 };

	if (sb_folder_finish(dir, true, &all, &err) < 0)
		fail_msg("%s", err.text);
	return all;
}

static struct sb_layer listed(const char *folder, const struct sb_contents *all, const char *key,
			      const struct sb_piece_store *store)
{
	SB_AUTO_CLOSE int dir = open_at(folder);
	struct sb_layer layer = { 0 };
	struct sb_error err = { 0 };

	if (sb_layer_from_contents(&layer, folder, dir, all, key, store, &slug_settings, &err) < 0)
		fail_msg("%s", err.text);
	return layer;
}

static void a_list_comes_back_as_it_was(void **state)
{
	SB_AUTO(sb_contents) again = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	make_packages("one");
	SB_AUTO(sb_contents) all = finished("one");
	SB_AUTO_CLOSE int dir = open_at(".");

	assert_int_equal(sb_contents_write(&all, dir, "list", &err), 0);
	assert_true(sb_contents_read(&again, dir, "list"));
	assert_int_equal(again.n, all.n);
	for (size_t i = 0; i < all.n; i++) {
		assert_string_equal(again.item[i].path, all.item[i].path);
		assert_int_equal(again.item[i].kind, all.item[i].kind);
		assert_int_equal(again.item[i].size, all.item[i].size);
		assert_string_equal(again.item[i].sha256, all.item[i].sha256);
		assert_ptr_equal(sb_contents_find(&all, again.item[i].path), &all.item[i]);
	}
	assert_null(sb_contents_find(&all, "a"));
	/* Half of one is none, nor is one in another order or with more behind it. */
	sh("head -c 2000 list >half; (cat list; echo) >more; sed 's/end$/ene/' list >none; : >empty");
	assert_false(sb_contents_read(&again, dir, "half"));
	assert_false(sb_contents_read(&again, dir, "more"));
	assert_false(sb_contents_read(&again, dir, "none"));
	assert_false(sb_contents_read(&again, dir, "empty"));
	assert_false(sb_contents_read(&again, dir, "missing"));
}

static void a_folder_comes_before_what_it_holds(void **state)
{
	(void)state;
	assert_true(sb_contents_order("a", "a/b") < 0);
	assert_true(sb_contents_order("a/b", "a.b") < 0);
	assert_true(sb_contents_order("a/\x01", "a\x01") < 0);
	assert_true(sb_contents_order("a\xff", "b") < 0);
	assert_int_equal(sb_contents_order("a/b", "a/b"), 0);
}

/* A sealed folder is what a settled one is, but for the right to write. */
static void finishing_settles_and_seals(void **state)
{
	(void)state;
	make_packages("settled");
	make_packages("sealed");
	settle_at("settled");
	SB_AUTO(sb_contents) all = finished("sealed");

	assert_true(all.n > 20);
	assert_string_equal(sh("find sealed -mindepth 1 ! -type l -perm /222"), "");
	assert_string_equal(sh("stat -c %%a sealed"), "755");
	assert_string_equal(sh("chmod -R u+w sealed && for d in settled sealed; do (cd $d && find . "
			       "-printf '%%p %%m %%T@ %%l\\n' | sort >../$d.txt); done; cmp settled.txt "
			       "sealed.txt && diff -r settled sealed && echo same"),
			    "same");
}

/* With and without the list, from the folder and from pieces: the same pieces. */
static void a_layer_by_its_list_is_the_folders_layer(void **state)
{
	struct sb_piece_store by_list = store_at("by-list"), by_folder = store_at("by-folder");

	(void)state;
	make_packages("two");
	SB_AUTO(sb_contents) all = finished("two");
	struct sb_layer folder = layer_of("two", "key", &by_folder);
	struct sb_layer list = listed("two", &all, "key", &by_list);
	struct sb_layer again = listed("two", &all, "another key", &by_list);

	assert_true(folder.n > 3);
	assert_int_equal(list.n, folder.n);
	assert_int_equal(list.reused, 0);
	assert_int_equal(again.reused, again.n);
	for (size_t i = 0; i < folder.n; i++) {
		assert_string_equal(list.piece[i].sha256, folder.piece[i].sha256);
		assert_string_equal(again.piece[i].sha256, folder.piece[i].sha256);
		assert_int_equal(list.piece[i].files, folder.piece[i].files);
		assert_int_equal(list.piece[i].unpacked, folder.piece[i].unpacked);
	}
	assert_int_equal(list.files, folder.files);
	sb_layer_release(&folder);
	sb_layer_release(&list);
	sb_layer_release(&again);
	close(by_list.dir);
	close(by_folder.dir);
}

/* Pieces that are kept are not read; a file that became another one is told, not packed. */
static void a_file_that_is_not_what_the_list_says_is_no_layer(void **state)
{
	struct sb_piece_store store = store_at("hurt-pieces");
	SB_AUTO(sb_layer) layer = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	make_packages("hurt");
	SB_AUTO(sb_contents) all = finished("hurt");
	SB_AUTO_CLOSE int dir = open_at("hurt");

	sh("f=hurt/.slugbuild/python/lib/python3.11/site-packages/zope/4.py && chmod u+w $f && "
	   "sed -i 's/^5$/6/' $f");
	assert_int_equal(sb_layer_from_contents(&layer, "hurt", dir, &all, "key", &store, &slug_settings,
						&err),
			 -1);
	assert_int_equal(err.code, SB_ESYS);
	assert_non_null(strstr(err.text, "zope/4.py is not what it was"));
	close(store.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_comes_back_as_it_was),
		cmocka_unit_test(a_folder_comes_before_what_it_holds),
		cmocka_unit_test(finishing_settles_and_seals),
		cmocka_unit_test(a_layer_by_its_list_is_the_folders_layer),
		cmocka_unit_test(a_file_that_is_not_what_the_list_says_is_no_layer),
	};

	return cmocka_run_group_tests_name("contents", tests, scratch_make, scratch_drop);
}
